import type { Extent } from "./extent.js";
import type { Layer, Violation } from "./layer.js";
import type { Pool } from "./pool.js";
import type { WorkerResult } from "./worker.js";

/** One line of the table. */
export interface Row {
  name: string;
  cases: number;
  /** Distinct states; the cases where each is one. */
  distinct: number;
  classes: Record<string, number>;
  violations: Violation[];
  /** Of all its processes together, in seconds. */
  seconds: number;
  facts: string[];
  skipped?: string;
  /** Why it came to no end. */
  failure?: string;
}

/** Runs all slices of a layer and puts their results together. */
export async function runLayer(
  layer: Layer,
  { pool, bundlePath, extent }: { pool: Pool; bundlePath: string; extent: Extent },
): Promise<Row> {
  const row: Row = {
    name: layer.name,
    cases: 0,
    distinct: 0,
    classes: {},
    violations: [],
    seconds: 0,
    facts: [],
  };
  const skipped = layer.missing?.();
  if (skipped !== undefined) return { ...row, skipped };
  const count = layer.slices ?? 1;
  const jobs = Array.from({ length: count }, (_, index) =>
    pool.inTurn(() =>
      pool.run({
        ...extent,
        bundlePath,
        layer: layer.name,
        slice: { index, count },
        stopsAtFirst: false,
        first: "",
      }),
    ),
  );
  const outcomes = await Promise.allSettled(jobs);
  const results = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  const failures = outcomes.flatMap((outcome) =>
    outcome.status === "rejected" ? [String(outcome.reason)] : [],
  );
  return { ...row, ...sum(results), ...(failures.length > 0 ? { failure: failures.join("\n") } : {}) };
}

function sum(results: readonly WorkerResult[]): Omit<Row, "name"> {
  const cases = results.reduce((total, result) => total + result.cases, 0);
  const isCounted = results.some(({ states }) => states !== undefined);
  return {
    cases,
    distinct: isCounted ? countDistinct(results) : cases,
    classes: sumClasses(results),
    violations: results.flatMap(({ violations }) => violations),
    seconds: results.reduce((total, { milliseconds }) => total + milliseconds, 0) / 1000,
    facts: results.flatMap(({ facts }) => facts),
  };
}

function sumClasses(results: readonly WorkerResult[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { classes = {} } of results) {
    for (const [name, count] of Object.entries(classes)) sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}

/** Slices may have seen the same states. */
function countDistinct(results: readonly WorkerResult[]): number {
  const all = new Float64Array(results.reduce((total, { states }) => total + (states?.length ?? 0), 0));
  let at = 0;
  for (const { states } of results) {
    if (!states) continue;
    all.set(states, at);
    at += states.length;
  }
  all.sort();
  return all.reduce((count, hash, index) => count + (index === 0 || hash !== all[index - 1] ? 1 : 0), 0);
}
