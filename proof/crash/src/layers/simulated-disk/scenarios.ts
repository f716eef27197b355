import type { RandomSource } from "@datawal/safeatomic/testing";
import { ALL_OPERATIONS, OPERATIONS } from "./operations.js";
import type { WorldOptions } from "./world.js";

/** Operations in a row, and at which of them the power is cut. */
export interface Scenario {
  /** The operations, with commas: what `--case` takes. */
  name: string;
  operations: readonly string[];
  /** The power is cut from this operation on: what comes before is another scenario's. */
  cutFrom: number;
  options?: WorldOptions;
}

/** All sequences of `lengthMin` to `lengthMax` of the thirteen operations, shortest first. */
export function* sequences(lengthMax: number, lengthMin = 1): Generator<Scenario> {
  const names = Object.keys(OPERATIONS);
  let rows: string[][] = [[]];
  for (let length = 1; length <= lengthMax; length++) {
    rows = rows.flatMap((row) => names.map((name) => [...row, name]));
    if (length >= lengthMin) for (const row of rows) yield scenario(row, row.length - 1);
  }
}

/** The longer ones that are known to be hard, each for its reason. */
const NAMED: readonly string[] = [
  // A failed sync, and what the page cache goes on showing after a kill.
  "append-small,fsync,append-pages,failing-fsync,kill,reopen,append-small,fsync,append-small",
  "append-small,fsync,append-sector,failing-fsync,kill,reopen,append-small,fsync,kill,reopen,fsync",
  "append-pages,fsync,append-pages,lost-write-back,kill,reopen,append-small,fsync,append-small,rotate",
  "append-sector,fsync,append-sector,lost-write-back,evict,append-small,fsync,reopen,append-small,fsync",
  "append-small,lost-write-back,kill,reopen,append-small,fsync,kill,reopen,append-small,fsync",
  "append-small,fsync,rotate,append-small,lost-write-back,kill,reopen,append-small,fsync",
  "append-small,lost-write-back,append-small,fsync,kill,reopen,append-small,fsync",
  // Group commit.
  "append-small,append-during-fsync,append-small,kill,reopen",
  "append-small,fsync,fsync-sync-behind-failed-fsync,kill,reopen,append-small,fsync",
  "overlapping-fsyncs,append-small,overlapping-fsyncs,kill,reopen",
  "append-small,close-with-queued-fsync,reopen,append-small",
  "append-many,fsync-sync,append-many,rotate,append-many,close",
  // Rotation.
  "append-small,rotate,append-pages,rotate,append-small,kill,reopen,append-small,fsync",
  "append-pages,rotate,rotate,append-small,close,reopen,rotate,append-small,fsync",
  // The head of the log goes.
  "append-small,rotate,append-small,rotate,append-small,drop-head,append-small,fsync",
  "append-small,rotate,append-small,rotate,drop-head,append-small,kill,reopen,append-small,rotate,drop-head",
  // What is published beside the store.
  "put,append-small,put,delete,put,compact-to,put,compact-to",
  "put,export-jsonl,put,fsync,export-jsonl,delete,export-jsonl",
  "put,rotate,append-small,snapshot,append-pages,snapshot",
  "put,append-small,rotate,put,repair,append-pages,repair",
  "put,import,put,fsync,import,kill,reopen",
  "put,delete,put,rotate,put,swap,put,fsync,swap",
];

export function* namedScenarios(): Generator<Scenario> {
  for (const name of NAMED) yield scenario(name.split(","), 0);
}

/** Rotation by size, in the middle of a batch too: small segments. */
export function* smallSegmentScenarios(): Generator<Scenario> {
  for (const name of [
    "append-many,append-many,append-small,fsync,append-many,kill,reopen,append-many",
    "append-sector,append-pages,append-small,append-small,overlapping-fsyncs,append-many,fsync",
    // The second append of three rotates, while the sync behind the first is in flight.
    "append-sector,append-small,append-small,overlapping-fsyncs,append-small,kill,reopen",
  ])
    yield { ...scenario(name.split(","), 0), name: `small:${name}`, options: { segmentBytesMax: 900 } };
}

/** Longer sequences of all operations, drawn. */
export function* drawnScenarios(count: number, random: RandomSource): Generator<Scenario> {
  const names = Object.keys(ALL_OPERATIONS);
  for (let index = 0; index < count; index++) {
    const length = 5 + Math.floor(random() * 6);
    const row = Array.from({ length }, () => names[Math.floor(random() * names.length)]!);
    yield scenario(row, 3);
  }
}

/** As its name tells it. */
export function parseScenario(name: string): Scenario {
  const isSmall = name.startsWith("small:");
  const parsed = scenario((isSmall ? name.slice(6) : name).split(","), 0);
  return isSmall ? { ...parsed, name, options: { segmentBytesMax: 900 } } : parsed;
}

function scenario(operations: readonly string[], cutFrom: number): Scenario {
  for (const name of operations) {
    if (!(name in ALL_OPERATIONS))
      throw new Error(`expected an operation, one of ${Object.keys(ALL_OPERATIONS).join(", ")}; got ${name}`);
  }
  return { name: operations.join(","), operations, cutFrom };
}
