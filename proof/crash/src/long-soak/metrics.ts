import type { Sample } from "./meter.js";
import { type Point, type Slope, slopeOf } from "./slope.js";

/** A sample, of which process, and when. */
export interface Row extends Sample {
  /** Since the soak began. */
  elapsed: number;
  /** Since this process began. */
  seconds: number;
  life: number;
  /** Which readers these are: a swap ends them, a kill of the writer does not. */
  readers: number;
  readerRssBytes: number;
  readerHeapBytes: number;
  readerDescriptors: number;
}

const MIB = 1024 * 1024;
const IN_MIB = { unit: MIB, unitName: "MiB" };
const COUNTED = { unit: 1, unitName: "" };

export interface Metric {
  field: keyof Row;
  title: string;
  /** What it may grow by in the time that it is looked at: longer lives show smaller slopes. */
  limit: number;
  /** How many of its own unit make one that is shown. */
  unit: number;
  unitName: string;
  /** Whose it is: of the process that writes, which is killed now and then, or of the one that reads, which lives on. */
  of: "writer" | "reader";
}

/**
 * Seen without a leak, with ten other processes on two cores, in lives of 10 seconds and of 40: 2 MiB of heap, 30 MiB of RSS, whose
 * pages are given back late. The planted leak is some 50 MiB of heap in 10 seconds. Steps get slower by themselves where others
 * begin to work beside.
 */
export const METRICS: readonly Metric[] = [
  { field: "heapBytes", title: "heap, writer", limit: 8 * MIB, ...IN_MIB, of: "writer" },
  { field: "rssBytes", title: "RSS, writer", limit: 80 * MIB, ...IN_MIB, of: "writer" },
  { field: "descriptors", title: "descriptors, writer", limit: 8, ...COUNTED, of: "writer" },
  { field: "files", title: "files", limit: 80, ...COUNTED, of: "writer" },
  { field: "diskBytes", title: "disk", limit: 8 * MIB, ...IN_MIB, of: "writer" },
  { field: "p99Us", title: "99 % of steps below", limit: 50_000, unit: 1, unitName: "us", of: "writer" },
  { field: "readerHeapBytes", title: "heap, readers", limit: 8 * MIB, ...IN_MIB, of: "reader" },
  { field: "readerRssBytes", title: "RSS, readers", limit: 80 * MIB, ...IN_MIB, of: "reader" },
  { field: "readerDescriptors", title: "descriptors, readers", limit: 8, ...COUNTED, of: "reader" },
];

export interface Trend {
  metric: Metric;
  /** The median of all lives. Nothing where there were too few samples. */
  slope: Slope | undefined;
}

export function trendsOf(rows: readonly Row[]): Trend[] {
  return METRICS.map((metric) => ({ metric, slope: slopeOfMetric(rows, metric) }));
}

export function isTooSteep({ metric, slope }: Trend): boolean {
  return slope !== undefined && slope.perSecond * slope.seconds > metric.limit;
}

export function describeTrend({ metric, slope }: Trend): string {
  const { title, limit, unit, unitName } = metric;
  const shown = (value: number) => `${(value / unit).toFixed(3)} ${unitName}`.trim();
  if (slope === undefined) return `${title}: too few samples`;
  const { perSecond, seconds } = slope;
  const growth = `${perSecond >= 0 ? "+" : ""}${shown(perSecond)} a second, ${shown(perSecond * seconds)}`;
  return `${title}: ${growth} in ${seconds.toFixed(0)} s (limit ${shown(limit)})`;
}

function slopeOfMetric(rows: readonly Row[], { field, of }: Metric): Slope | undefined {
  const lives = new Map<number, Point[]>();
  for (const row of rows) {
    const life = of === "reader" ? row.readers : row.life;
    const seconds = of === "reader" ? row.elapsed : row.seconds;
    lives.set(life, [...(lives.get(life) ?? []), { seconds, value: row[field] }]);
  }
  const slopes = [...lives.values()].map(slopeOf).filter((slope) => slope !== undefined);
  slopes.sort((one, other) => one.perSecond - other.perSecond);
  return slopes[Math.floor(slopes.length / 2)];
}
