import { readFileSync, truncateSync } from "node:fs";
import { recordWireSize } from "@datawal/format";
import { isGroupKey } from "@datawal/format/internal";
import { RecordLog } from "@datawal/record-log";
import type { FileSystem } from "@datawal/safeatomic";
import { MortalFileSystem } from "../kit/mortal-file-system.js";
import { salvagedPayloads } from "../kit/salvaged-payloads.js";
import type { Scratch } from "../kit/scratch.js";
import { type Files, readStoreFiles, segmentFile } from "../kit/store-files.js";
import { ReferenceProcess } from "../reference/reference-process.js";
import { Ours } from "../sides/ours.js";
import { Reference } from "../sides/reference.js";
import { attempt } from "../sides/refusal.js";
import type { SeenRecord, Side } from "../sides/side.js";
import type { Section, SectionResult, Stage } from "./section.js";

/** A store of ours whose next open has something to repair. */
interface Torn {
  name: string;
  /** Payloads that were acknowledged. */
  acknowledged: readonly string[];
  /** Payloads appended behind them. */
  unsynced: readonly string[];
  /** Payloads of a group behind these, of which the last one is cut with what is torn off. */
  group?: readonly string[];
  /** Bytes torn off the end. */
  tornBytes: number;
}

const GROUP = ["one of a group", "another of it", "the last of it"];

const TORN: readonly Torn[] = [
  { name: "an unproven end", acknowledged: ["first", "second"], unsynced: ["third", "fourth"], tornBytes: 0 },
  {
    name: "a torn end, nothing unproven",
    acknowledged: ["first", "second"],
    unsynced: ["third"],
    tornBytes: 5,
  },
  {
    name: "an unproven and torn end",
    acknowledged: ["first"],
    unsynced: ["second", "third", "fourth"],
    tornBytes: 9,
  },
  { name: "nothing proven", acknowledged: [], unsynced: ["first", "second"], tornBytes: 0 },
  {
    name: "a cut group",
    acknowledged: ["first"],
    unsynced: [],
    group: GROUP,
    tornBytes: recordWireSize(0, GROUP[2]!.length),
  },
  {
    name: "a torn group behind an unproven end",
    acknowledged: ["first"],
    unsynced: ["second"],
    group: GROUP,
    tornBytes: 5,
  },
];

type Visit = (dir: string, reference: Side) => Promise<void>;

/** What the reference does in a store that our killed repair has left. What it appends it also syncs. */
const VISITS: Readonly<Record<string, Visit>> = {
  "only looks": async () => undefined,
  appends: (dir, reference) => append(dir, reference, 1),
  "appends, opens again, appends": async (dir, reference) => {
    await append(dir, reference, 1);
    await append(dir, reference, 2);
  },
  "appends, rotates, appends": async (dir, reference) => {
    const store = await reference.open(dir, "log");
    await store.append(visitor(1));
    await store.rotate();
    await store.append(visitor(2));
    await store.fsync();
    await store.close();
  },
};

async function append(dir: string, reference: Side, number: number): Promise<void> {
  const store = await reference.open(dir, "log");
  await store.append(visitor(number));
  await store.fsync();
  await store.close();
}

function visitor(number: number): Uint8Array {
  return Buffer.from(`by the reference, ${number}`);
}

/**
 * Our repair is killed before each of its changes, the reference opens the store, then we do. Nothing that either has
 * acknowledged is lost: what the reference still saw is in the log, and what lies behind a torn frame can be salvaged.
 */
export const killedRepair: Section = {
  name: "killed-repair",
  unit: "killed repairs",
  async run({ program, scratch, ledger }: Stage): Promise<SectionResult> {
    await using process = new ReferenceProcess([program]);
    const reference = new Reference(process);
    const found = new Map<string, string[]>();
    let cases = 0;
    for (const torn of TORN) {
      for (const [visit, perform] of Object.entries(VISITS)) {
        for (let change = 0, isDead = true; isDead; change++) {
          using inner = scratch.inner();
          const dir = makeTorn(torn, inner);
          isDead = new MortalFileSystem(change).live((fileSystem) => openAndClose(dir, fileSystem));
          for (const problem of await visitAndReopen(torn, inner, dir, reference, perform))
            found.set(problem, [...(found.get(problem) ?? []), `${torn.name}, change ${change}, ${visit}`]);
          cases++;
        }
      }
    }
    for (const [problem, where] of found)
      ledger.fail(`${problem}: ${where.length} cases:\n${where.join("\n")}`);
    return { cases, facts: [] };
  },
};

/** In a process that is killed: it does not close its log. */
function makeTorn({ acknowledged, unsynced, group = [], tornBytes }: Torn, scratch: Scratch): string {
  const dir = scratch.newPath();
  new MortalFileSystem().live((fileSystem) => {
    const log = RecordLog.openSync(dir, { fileSystem });
    for (const payload of acknowledged) log.append(payload);
    log.fsyncSync();
    for (const payload of unsynced) log.append(payload);
    log.appendGroup(group);
  });
  const path = segmentFile(dir, 1);
  truncateSync(path, readFileSync(path).length - tornBytes);
  return dir;
}

function openAndClose(dir: string, fileSystem: FileSystem): void {
  RecordLog.openSync(dir, { fileSystem }).closeSync();
}

/** Returns what is wrong. */
async function visitAndReopen(
  { acknowledged }: Torn,
  scratch: Scratch,
  dir: string,
  reference: Reference,
  visit: Visit,
): Promise<string[]> {
  const visited = await attempt(() => visit(dir, reference));
  if (!visited.ok) return [`the reference is refused: ${visited.refusal.text}`];
  const theirs = await reference.readAll(dir);
  const synced = [...acknowledged, ...payloadsIn(readStoreFiles(dir).segments, /by the reference, \d/g)];
  const problems = missingFrom(
    "salvaged before our open",
    synced,
    await salvagedPayloads(dir, scratch.newPath()),
  );
  const ours = await attempt(() => readBack(new Ours(), dir));
  if (ours.ok) {
    const seen = payloads(ours.value);
    const expected = payloads(theirs.records.filter(({ key }) => !isGroupKey(key))).filter(
      (payload) => !GROUP.includes(payload),
    );
    problems.push(...missingFrom("seen by us", [...acknowledged, ...expected], seen));
    const isGoneOn = seen.some((payload) => payload.startsWith("by the reference"));
    if (!isGoneOn && seen.some((payload) => GROUP.includes(payload)))
      problems.push("we see a part of a group");
  } else if (theirs.problem === "") {
    problems.push(`we are refused: ${ours.refusal.text}`);
  }
  return [
    ...problems,
    ...missingFrom("salvaged after our open", synced, await salvagedPayloads(dir, scratch.newPath())),
  ];
}

function missingFrom(what: string, expected: readonly string[], found: readonly string[]): string[] {
  const isMissing = expected.some((payload) => !found.includes(payload));
  return isMissing ? [`something acknowledged is not among what is ${what}`] : [];
}

function payloadsIn(files: Files, pattern: RegExp): string[] {
  return [...files.values()].flatMap((bytes) => bytes.toString("latin1").match(pattern) ?? []);
}

async function readBack(side: Side, dir: string): Promise<SeenRecord[]> {
  const store = await side.open(dir, "log");
  try {
    return await store.records();
  } finally {
    await store.close();
  }
}

function payloads(records: readonly SeenRecord[]): string[] {
  return records.map(({ payload }) => Buffer.from(payload).toString());
}
