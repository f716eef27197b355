import type { Files } from "@datawal/oracle";
import type { BaseStore } from "./base-store.js";
import { type DamageFamily, storeFamily } from "./damage-family.js";

interface SegmentsCase {
  described: string;
  files: Files;
}

/** Whole segments moved: in each other order, and each set of them missing or empty. */
export function movedSegments(base: BaseStore): DamageFamily {
  const names = Object.keys(base.files);
  const cases: SegmentsCase[] = [
    ...orders(names)
      .slice(1)
      .map((order) => reordered(base.files, order)),
    ...subsets(names).map((missing) => ({
      described: `missing: ${missing}`,
      files: Object.fromEntries(Object.entries(base.files).filter(([name]) => !missing.includes(name))),
    })),
    ...subsets(names).map((emptied) => ({
      described: `empty: ${emptied}`,
      files: { ...base.files, ...Object.fromEntries(emptied.map((name) => [name, new Uint8Array(0)])) },
    })),
  ];
  return storeFamily(base, {
    name: "segments-moved",
    count: cases.length,
    describe: (index) => cases[index]!.described,
    damaged: (index) => cases[index]!.files,
  });
}

function reordered(files: Files, order: readonly string[]): SegmentsCase {
  const names = Object.keys(files);
  const entries = names.map((name, index) => [name, files[order[index]!]!] as const);
  return { described: `${names} hold what ${order} held`, files: Object.fromEntries(entries) };
}

/** Every order, the given one first. */
function orders(names: readonly string[]): string[][] {
  if (names.length <= 1) return [[...names]];
  return names.flatMap((first) =>
    orders(names.filter((name) => name !== first)).map((rest) => [first, ...rest]),
  );
}

/** Every set of them that is not empty. */
function subsets(names: readonly string[]): string[][] {
  const sets = Array.from({ length: 2 ** names.length }, (_, bits) =>
    names.filter((_name, index) => bits & (1 << index)),
  );
  return sets.slice(1);
}
