import type { Sample } from "./meter.js";
import { medianOf, type Point, slopeOf } from "./slope.js";

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

export interface Metric {
  field: keyof Row;
  title: string;
  /** What it may grow by in a second. */
  limit: number;
  /** How many of its own unit make one that is shown. */
  unit: number;
  unitName: string;
  /** Whose it is: of the process that writes, which is killed now and then, or of the one that reads, which lives on. */
  of: "writer" | "reader";
}

/**
 * Seen without a leak in two minutes, on two cores with ten other processes: 0.03 MiB a second of heap, 0.41 of RSS, whose pages
 * are given back late. The planted leak is some MiB. Steps get slower by themselves where others begin to work beside.
 */
export const METRICS: readonly Metric[] = [
  { field: "heapBytes", title: "heap, writer", limit: MIB / 4, unit: MIB, unitName: "MiB", of: "writer" },
  { field: "rssBytes", title: "RSS, writer", limit: 1.5 * MIB, unit: MIB, unitName: "MiB", of: "writer" },
  { field: "descriptors", title: "descriptors, writer", limit: 0.5, unit: 1, unitName: "", of: "writer" },
  { field: "files", title: "files", limit: 2, unit: 1, unitName: "", of: "writer" },
  { field: "diskBytes", title: "disk", limit: MIB / 4, unit: MIB, unitName: "MiB", of: "writer" },
  { field: "p99Us", title: "99 % of steps below", limit: 2_000, unit: 1, unitName: "us", of: "writer" },
  {
    field: "readerHeapBytes",
    title: "heap, readers",
    limit: MIB / 4,
    unit: MIB,
    unitName: "MiB",
    of: "reader",
  },
  {
    field: "readerRssBytes",
    title: "RSS, readers",
    limit: 1.5 * MIB,
    unit: MIB,
    unitName: "MiB",
    of: "reader",
  },
  {
    field: "readerDescriptors",
    title: "descriptors, readers",
    limit: 0.5,
    unit: 1,
    unitName: "",
    of: "reader",
  },
];

export interface Trend {
  metric: Metric;
  /** Growth in a second, the median of all lives. Nothing where there were too few samples. */
  slope: number | undefined;
}

export function trendsOf(rows: readonly Row[]): Trend[] {
  return METRICS.map((metric) => ({ metric, slope: slopeOfMetric(rows, metric) }));
}

export function isTooSteep({ metric, slope }: Trend): boolean {
  return slope !== undefined && slope > metric.limit;
}

export function describeTrend({ metric, slope }: Trend): string {
  const { title, limit, unit, unitName } = metric;
  const shown = (value: number) => `${(value / unit).toFixed(3)} ${unitName}`.trim();
  if (slope === undefined) return `${title}: too few samples`;
  return `${title}: ${slope >= 0 ? "+" : ""}${shown(slope)} a second (limit ${shown(limit)})`;
}

function slopeOfMetric(rows: readonly Row[], { field, of }: Metric): number | undefined {
  const lives = new Map<number, Point[]>();
  for (const row of rows) {
    const life = of === "reader" ? row.readers : row.life;
    const seconds = of === "reader" ? row.elapsed : row.seconds;
    lives.set(life, [...(lives.get(life) ?? []), { seconds, value: row[field] }]);
  }
  const slopes = [...lives.values()].map(slopeOf).filter((slope) => slope !== undefined);
  return slopes.length === 0 ? undefined : medianOf(slopes);
}
