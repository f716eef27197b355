import type { RandomSource, SimulatedDiskOptions } from "@datawal/safeatomic/testing";
import { END_NAMES, USE_NAMES } from "./compaction.js";
import { ALL_OPERATIONS, OPERATIONS, operationNamed } from "./operations.js";
import type { WorldOptions } from "./world.js";

/** Operations in a row, and at which of them the power is cut. */
export interface Scenario {
  /** The operations, with commas: what `--case` takes. */
  name: string;
  operations: readonly string[];
  /** The power is cut from this operation on: what comes before is another scenario's. */
  cutFrom: number;
  options?: WorldOptions;
  /** Whose refusals the disk has. */
  platform?: SimulatedDiskOptions["platform"];
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
  "append-small,rotate,evict,delete,fsync-sync-behind-failed-fsync,append-small,close,reopen",
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
    yield smallScenario(name);
}

function smallScenario(name: string): Scenario {
  return { ...scenario(name.split(","), 0), name: `small:${name}`, options: { segmentBytesMax: 900 } };
}

/** Longer sequences of all operations, drawn; groups have scenarios of their own. */
export function* drawnScenarios(count: number, random: RandomSource): Generator<Scenario> {
  const names = Object.keys(ALL_OPERATIONS).filter((name) => !name.startsWith("group-"));
  for (let index = 0; index < count; index++) {
    const length = 5 + Math.floor(random() * 6);
    const row = Array.from({ length }, () => names[Math.floor(random() * names.length)]!);
    yield scenario(row, 3);
  }
}

/** Groups that are known to be hard, each for its reason. */
const NAMED_GROUPS: readonly string[] = [
  // Alone, behind others, and others behind them, synced and not.
  "group-two",
  "append-small,fsync,group-sectors,append-small,fsync,group-pages",
  "group-of-forty,fsync,group-of-forty,kill,reopen,group-two",
  "group-two,group-sectors,group-two,append-small,kill,reopen,append-small,fsync,group-two",
  // A part that is cut, and what comes in its place.
  "append-small,fsync,group-pages,kill,reopen,group-pages,fsync,append-small",
  "append-sector,fsync,group-sectors,failing-fsync,kill,reopen,group-sectors,fsync",
  "append-small,fsync,group-pages,lost-write-back,kill,reopen,group-two,fsync,append-small,rotate",
  "group-two,lost-write-back,group-sectors,fsync,kill,reopen,group-two,fsync",
  // In segments that are sealed, dropped, copied.
  "group-two,rotate,group-pages,rotate,group-sectors,fsync,kill,reopen",
  "group-two,rotate,group-two,rotate,group-two,drop-head,group-two,fsync",
  "group-two,group-pages,snapshot,group-two,repair,group-sectors,compact-to",
  "put,group-two,put,swap,group-two,fsync,group-sectors",
];

/** As sequences, with groups in every second place; small segments too, in which each group begins a new one. */
export function* groupScenarios(count: number, random: RandomSource): Generator<Scenario> {
  for (const name of NAMED_GROUPS) {
    yield scenario(name.split(","), 0);
    yield smallScenario(name);
  }
  const groups = Object.keys(ALL_OPERATIONS).filter((name) => name.startsWith("group-"));
  const others = Object.keys(ALL_OPERATIONS).filter((name) => !name.startsWith("group-"));
  const draw = (names: readonly string[]) => names[Math.floor(random() * names.length)]!;
  for (let index = 0; index < count; index++) {
    const row = Array.from({ length: 2 + Math.floor(random() * 3) }, () => [
      draw(others),
      draw(groups),
    ]).flat();
    yield random() < 0.3 ? smallScenario(row.join()) : scenario(row, 0);
  }
}

/** Compactions in place that are known to be hard, each for its reason. */
const NAMED_COMPACTIONS: readonly string[] = [
  // Overwrites and deletions, with users.
  "put-a,put-b,put-a,put-c,delete-b,put-a,put-c,compact+put-b+sync+delete-a+put-c+sync+delete-b",
  // Nothing is left but the newest record.
  "put-a,put-b,delete-a,put-c,delete-b,delete-c,compact",
  "put-a,put-b,delete-a,seal,delete-b,seal,put-c,delete-c,seal,compact,reopen,compact",
  // A deleted key is put again.
  "put-a,put-b,put-b,delete-a,put-b,put-c,compact+put-a+delete-a+sync+put-a",
  // Segments that are left, and a tombstone behind them.
  "put-a,put-b,put-c,seal,put-c,delete-a,put-c,put-c,compact-80%+put-b+sync+put-b,compact",
  "put-a,put-b,seal,delete-a,put-c,put-c,put-c,compact-60%,kill,reopen,compact",
  "put-a,put-b,seal,delete-a,put-c,put-a,put-c,compact-60%",
  // A repair behind it cuts what was moved, where a note from before it survives; behind an empty segment of the crate's.
  "empty,put-c,put-a,put-c,delete-a,batch,compact-30%+delete-b+seal+delete-a",
  // What is about to be moved is overwritten.
  "put-a,put-b,put-b,put-c,put-c,compact+sync+put-a+put-a+put-a",
  // The same segments again: ended, killed, begun anew.
  "put-a,put-b,put-a,put-b,put-a,put-b,compact+put-c+abort,put-a,compact+delete-c",
  "put-a,put-b,put-a,put-b,put-a,put-b,compact+put-c+close,put-a,compact+delete-c",
  ...[4, 6, 8, 10, 12, 14].map(
    (count) => `put-a,put-b,put-a,delete-b,put-a,put-c,compact!${count},compact+put-b`,
  ),
  ...[3, 4, 5, 6, 7, 8].map(
    (count) => `put-a,put-b,put-a,put-b,put-a,compact-async${"+put-c".repeat(count)}+close`,
  ),
  // Users while it syncs.
  "put-a,put-b,put-a,put-c,delete-b,put-a,compact-async+put-b+delete-a+put-c+seal+put-a+sync+put-b+delete-c",
  // What is exported is read while it is moved.
  "put-a,put-b,put-a,put-c,delete-b,put-a,compact-async+export+put-b+delete-c+put-a",
  // A record that is none of a store of pairs.
  "put-a,put-b,put-a,seal,raw,put-a,put-b,put-a,seal,put-a,compact",
  // Groups among what is compacted, and while it is.
  "group,put-a,group-put-b,put-c,compact+group+sync+group-put-b",
  "put-a,put-b,group,seal,group,delete-a,compact-async+group-put-b+seal+group+put-a,compact",
  "group,group,seal,group-put-b,compact-60%,kill,reopen,group,compact+group",
  "put-a,put-b,put-a,seal,delete-b,seal,put-c,compact-async+batch+seal+delete-a+batch+put-a,compact-async",
];

export function* compactionScenarios(count: number, random: RandomSource): Generator<Scenario> {
  for (const name of NAMED_COMPACTIONS) yield pairScenario(name);
  const draw = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  const drawMany = (lengthMax: number) => Array.from({ length: Math.floor(random() * (lengthMax + 1)) });
  const use = () => draw(USE_NAMES);
  for (let index = 0; index < count; index++) {
    const between = ["reopen", "kill,reopen", "", ""];
    const compaction = () => {
      const beside = drawMany(6).map(() => `+${random() < 0.05 ? draw(END_NAMES) : use()}`);
      const kill = random() < 0.15 ? `!${Math.floor(random() * 25)}` : "";
      return `compact${draw(["", "-async"])}${draw(["", "", "-30%", "-50%", "-80%"])}${kill}${beside.join("")}`;
    };
    const before = Array.from({ length: 4 + Math.floor(random() * 6) }, () =>
      random() < 0.02 ? "raw" : use(),
    );
    const behind = drawMany(2).flatMap(() => [draw(between), ...drawMany(4).map(use), compaction()]);
    yield pairScenario([...before, compaction(), ...behind].filter((name) => name !== "").join());
  }
}

/** Checkpoints of the key directory that are known to be hard, each for its reason. */
const NAMED_CHECKPOINTS: readonly string[] = [
  // Gone on with in the segment that it covers to the end, and in the next one.
  "put-a,put-b,close,put-a,sync,kill,put-b,close,reopen,put-c,sync,close",
  "put-a,put-b,put-c,seal,close,put-a,sync,kill,reopen,delete-b,close,reopen,put-b",
  "put-a,put-b,put-a,put-b,put-a,close,put-c,put-c,put-c,kill,put-a,close,reopen,put-c,close",
  // Not synced, or poisoned.
  "put-a,put-b,close,put-a,failing-fsync,close,reopen,put-c,kill,reopen,close",
  "put-a,sync,put-b,lost-write-back,close,reopen,put-a,close,put-b,sync",
  "put-a,sync,put-b,failing-fsync,put-c,close,kill,reopen,put-b,close",
  // Another log's end, by a record that is none of a store of pairs.
  "put-a,put-b,close,raw,put-a,close,reopen,raw,put-b,close",
  // Compactions, killed ones too, behind it.
  "put-a,put-b,put-a,close,compact,close,put-c,kill,reopen,put-b,close",
  "put-a,put-b,put-a,put-b,close,compact!6,reopen,close,put-a,compact!9,put-b,close,reopen",
  "put-a,put-b,put-a,delete-b,close,compact-async+put-c+close,put-b,close,reopen,compact",
  // Groups.
  "group,close,group-put-b,kill,reopen,close,group,sync,close,put-a",
  "put-a,put-b,close,swap,put-a,close,reopen,put-b,close",
];

/** As sequences, with a close or another end in every fourth place. */
export function* checkpointScenarios(count: number, random: RandomSource): Generator<Scenario> {
  for (const name of NAMED_CHECKPOINTS) yield checkpointScenario(name);
  const draw = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  const ends = [
    "close",
    "close",
    "reopen",
    "reopen",
    "kill",
    "lost-write-back",
    "failing-fsync,close",
    "raw",
  ];
  for (let index = 0; index < count; index++) {
    const row = Array.from({ length: 3 }, () => [
      ...Array.from({ length: 1 + Math.floor(random() * 4) }, () => draw(USE_NAMES)),
      random() < 0.15 ? "compact-1%" : "",
      draw(ends),
    ]).flat();
    yield checkpointScenario([...row, "close", "reopen"].filter((name) => name !== "").join());
  }
}

function checkpointScenario(name: string): Scenario {
  const options = { ...PAIRS, hasCheckpoints: true };
  return { ...scenario(name.split(","), 0), name: `checkpoints:${name}`, options };
}

function pairScenario(name: string): Scenario {
  return { ...scenario(name.split(","), 0), name: `pairs:${name}`, options: PAIRS };
}

/** Two or three records to a segment. */
const PAIRS: WorldOptions = { hasPairs: true, segmentBytesMax: 160 };

/** Of every kind, on a disk that refuses what Windows refuses. */
export function* windowsScenarios(count: number, random: RandomSource): Generator<Scenario> {
  for (const kind of [
    namedScenarios(),
    smallSegmentScenarios(),
    sequences(2),
    groupScenarios(count, random),
    compactionScenarios(count, random),
    drawnScenarios(count, random),
  ])
    for (const scenario of kind) yield onWindows(scenario);
}

function onWindows(scenario: Scenario): Scenario {
  return { ...scenario, name: `windows:${scenario.name}`, platform: "windows" };
}

/** As its name tells it. */
export function parseScenario(name: string): Scenario {
  if (name.startsWith("windows:")) return onWindows(parseScenario(name.slice("windows:".length)));
  if (name.startsWith("checkpoints:")) return checkpointScenario(name.slice("checkpoints:".length));
  if (name.startsWith("pairs:")) return pairScenario(name.slice("pairs:".length));
  return name.startsWith("small:")
    ? smallScenario(name.slice("small:".length))
    : scenario(name.split(","), 0);
}

function scenario(operations: readonly string[], cutFrom: number): Scenario {
  for (const name of operations) {
    if (!operationNamed(name))
      throw new Error(`expected an operation, one of ${Object.keys(ALL_OPERATIONS).join(", ")}; got ${name}`);
  }
  return { name: operations.join(","), operations, cutFrom };
}
