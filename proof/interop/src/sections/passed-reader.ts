import { DataWal, RecordType, utf8 } from "datawal";
import { plainText } from "../kit/records.js";
import { ReferenceProcess } from "../reference/reference-process.js";
import { Reference } from "../sides/reference.js";
import type { SeenRecord } from "../sides/side.js";
import type { Section, SectionResult, Stage } from "./section.js";

/** Compacted in place, the first three of these segments are gone, and what they had alive follows `d=1`. */
const SEGMENTS = [["a=1", "b=1"], ["a=2", "c=1"], ["c=0"], ["c=2", "d=1"]];

/** How many records a reader has taken before the compaction, what it then still sees, and what ends it. */
const READERS = [
  { taken: 0, sees: [], ends: gone(1) },
  { taken: 1, sees: ["b=1"], ends: gone(2) },
  { taken: 3, sees: ["c=1"], ends: gone(3) },
  { taken: 5, sees: ["c=2", "d=1", "b=1", "a=2"], ends: "" },
  { taken: 6, sees: ["d=1"], ends: "" },
];

const ROUNDS = 10;
const SEGMENTS_A_ROUND = 100;

/** What a reader of the crate's sees that was opened before a compaction of ours, or beside one: docs/compatibility.md. */
export const passedReader: Section = {
  name: "passed-reader",
  unit: "looks of a reader",
  async run({ program, scratch, ledger }: Stage): Promise<SectionResult> {
    await using process = new ReferenceProcess([program]);
    const reference = new Reference(process);
    for (const problem of await passReaders(reference, scratch.newPath())) ledger.fail(problem);
    let looks = 0;
    let refused = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const beside = await lookBeside(reference, scratch.newPath());
      looks += beside.looks;
      refused += beside.refused;
      for (const problem of beside.problems) ledger.fail(problem);
    }
    const fact = `${refused} of ${looks} looks beside a compaction were told of a segment that was gone, the others saw all pairs`;
    return { cases: READERS.length + looks, facts: [fact] };
  },
};

/** Returns what is not as expected. */
async function passReaders(reference: Reference, dir: string): Promise<string[]> {
  using store = DataWal.openSync(dir, { key: utf8, value: utf8 });
  for (const pairs of SEGMENTS) {
    if (store.size > 0) store.rotateSync();
    for (const pair of pairs) store.put(...(pair.split("=") as [string, string]));
  }
  const readers = await Promise.all(READERS.map(() => reference.openReader(dir)));
  await Promise.all(readers.map((reader, index) => reader.take(READERS[index]!.taken)));
  store.compactSync();
  const problems: string[] = [];
  for (const [index, { taken, sees, ends }] of READERS.entries()) {
    const { records, problem } = await readers[index]!.take(100);
    const seen = plainText([records.map(pairOf), problem.replace(dir, "STORE")]);
    if (seen !== plainText([sees, ends])) problems.push(`a reader that has taken ${taken} sees ${seen}`);
  }
  return problems;
}

/** The reader is opened again and again while segments go: it sees all pairs, or is told of a segment that is gone. */
async function lookBeside(reference: Reference, dir: string) {
  using store = DataWal.openSync(dir, { key: utf8, value: utf8 });
  for (let segment = 0; segment < SEGMENTS_A_ROUND; segment++) {
    store.putMany([
      [`${segment}`, "stays"],
      ["waste", `${segment}`],
    ]);
    store.rotateSync();
  }
  const expected = plainText([...store].sort());
  const beside = { looks: 0, refused: 0, problems: [] as string[] };
  let isCompacting = true;
  const compacting = store.compact().finally(() => {
    isCompacting = false;
  });
  while (isCompacting) {
    const { records, problem } = await reference.readAll(dir);
    beside.looks++;
    if (problem === "" && plainText(pairsIn(records)) !== expected)
      beside.problems.push("a look misses pairs");
    if (problem.startsWith("datawal: open segment ")) beside.refused++;
    else if (problem !== "") beside.problems.push(`a look is refused: ${problem}`);
  }
  await compacting;
  return beside;
}

function pairsIn(records: readonly SeenRecord[]): [string, string][] {
  const pairs = new Map<string, string>();
  for (const record of records) {
    const [key = "", value = ""] = pairOf(record).split("=");
    if (record.type === RecordType.Put) pairs.set(key, value);
    else pairs.delete(key);
  }
  return [...pairs].sort();
}

function pairOf({ key, payload }: SeenRecord): string {
  return `${Buffer.from(key)}=${Buffer.from(payload)}`;
}

function gone(segment: number): string {
  return `datawal: open segment STORE/0000000${segment}.dwal: No such file or directory (os error 2)`;
}
