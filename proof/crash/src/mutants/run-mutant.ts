import { bundle, type Patch } from "../laboratory/bundle.js";
import type { Extent } from "../laboratory/extent.js";
import type { Violation } from "../laboratory/layer.js";
import type { Job, Pool } from "../laboratory/pool.js";

/** One bug, planted into the product. */
export interface Mutant {
  name: string;
  /** What is wrong in it, in a few words. */
  what: string;
  patches: readonly Patch[];
  /** The layer that is likely to see it, to ask it first; which one does not matter. */
  seenBy?: SuiteLayer;
  /** The beginning of the names of the cases that are likely to; every layer begins with its own of that name. */
  seenIn?: string;
}

export interface MutantResult {
  name: string;
  what: string;
  /** The first violation that the standard suite told; nothing where it told none. */
  killedBy: (Violation & { layer: string }) | undefined;
  /** Why it could not be planted. */
  failure?: string;
  seconds: number;
}

/** The standard suite that every mutant meets, unchanged: the layers that run in one process, the quickest first. */
const SUITE = [
  "L2 failing calls",
  "L1 two power cuts",
  "L1 one power cut",
  "L1 compaction",
  "L1 groups",
  "L1 checkpoints",
  "L0 bytes",
  "L7 readers",
  "L1 compaction, two power cuts",
  "L1 Windows",
] as const;
export type SuiteLayer = (typeof SUITE)[number];

/** Code that does not fit the source it was put into shows nothing of its bug: nothing checks its types. */
const SLIP = /\b(?:TypeError|ReferenceError): .*/;

/** Runs the standard suite against a product with this bug, until it is seen. */
export async function runMutant(
  { name, what, patches, seenBy, seenIn = "" }: Mutant,
  pool: Pool,
  extent: Extent,
): Promise<MutantResult> {
  const startMs = performance.now();
  let bundlePath: string;
  try {
    bundlePath = await bundle(`mutants/${name}`, patches);
  } catch (error) {
    return { name, what, killedBy: undefined, failure: String(error), seconds: secondsSince(startMs) };
  }
  const layers = seenBy ? [seenBy, ...SUITE.filter((layer) => layer !== seenBy)] : SUITE;
  for (const layer of layers) {
    const violation = await firstViolation(pool, { ...extent, bundlePath, layer, first: seenIn });
    const slip = violation && SLIP.exec(violation.story)?.[0];
    if (slip !== undefined)
      return { name, what, killedBy: undefined, failure: slip, seconds: secondsSince(startMs) };
    if (violation) return { name, what, killedBy: { layer, ...violation }, seconds: secondsSince(startMs) };
  }
  return { name, what, killedBy: undefined, seconds: secondsSince(startMs) };
}

/** A suite that ends with an error has seen the bug, too: a product without it makes none. */
async function firstViolation(
  pool: Pool,
  job: Omit<Job, "slice" | "stopsAtFirst">,
): Promise<Violation | undefined> {
  const slice = { index: 0, count: 1 };
  try {
    const { violations } = await pool.run({ ...job, slice, stopsAtFirst: true });
    return violations[0];
  } catch (error) {
    return { sentence: "no unexpected error", case: "", story: String(error) };
  }
}

function secondsSince(startMs: number): number {
  return (performance.now() - startMs) / 1000;
}
