import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RecordType, verifyLog } from "datawal";
import fc from "fast-check";
import { Random } from "../kit/random.js";
import { plainText } from "../kit/records.js";
import type { Files } from "../kit/store-files.js";
import { ReferenceProcess } from "../reference/reference-process.js";
import { Ours } from "../sides/ours.js";
import { Reference } from "../sides/reference.js";
import { attempt } from "../sides/refusal.js";
import type { OpenStore, SeenPair, Side } from "../sides/side.js";
import { type CrashState, crashStates } from "./crashed-compaction/crash-states.js";
import { pairsText, withoutKey } from "./crashed-compaction/pairs.js";
import { type Operation, pairsScript } from "./differential/operation.js";
import type { Section, SectionResult, Stage } from "./section.js";

const SCRIPTS = 40;

const PUT = { key: Buffer.from("a"), value: Buffer.from("by the reference") };
const DELETED = Buffer.from("ab");

/** A store without a record is none to compact: torn garbage may be all that there is, which opening refuses (recovery.md). */
const filling = pairsScript.filter((operations) => operations.some((operation) => operation.do === "put"));

/** Of a segment that must be waste, else it is left. */
const SHARES = [0.3, 0.6];

/** What the tombstone has deleted lies in a segment that is left. */
const NEEDED_TOMBSTONE: Operation[] = [
  { do: "put", key: 1, value: { count: 9, fill: 1 } },
  { do: "put", key: 2, value: { count: 900, fill: 2 } },
  { do: "rotate" },
  { do: "delete", key: 1 },
  { do: "put", key: 3, value: { count: 90, fill: 3 } },
  { do: "put", key: 3, value: { count: 9, fill: 4 } },
  { do: "rotate" },
  { do: "put", key: 4, value: { count: 9, fill: 5 } },
];

/** What the reference does in such a store; what it appends it also syncs. */
type Visit = (dir: string, reference: Side) => Promise<void>;

const VISITS: readonly Visit[] = [
  async () => undefined,
  async (dir, reference) => {
    const store = await reference.open(dir, "kv");
    await store.put(PUT.key, PUT.value);
    await store.delete(DELETED);
    await store.fsync();
    await store.close();
  },
  async (dir, reference) => {
    const store = await reference.open(dir, "log");
    await store.appendRecord(RecordType.Put, PUT.key, PUT.value);
    await store.rotate();
    await store.appendRecord(RecordType.Delete, DELETED, Buffer.alloc(0));
    await store.rotate();
    await store.fsync();
    await store.close();
  },
];

/**
 * Stores of the pool are compacted in place, and the power is cut before each change of the compaction: copies in both
 * segments, the marker written or not, the segment removed or not. The reference opens what is left, and may write it;
 * we go on with it, and the reference opens it again.
 */
export const crashedCompaction: Section = {
  name: "crashed-compaction",
  unit: "states of a store",
  async run({ program, scratch, ledger, seed, scale }: Stage): Promise<SectionResult> {
    await using process = new ReferenceProcess([program]);
    const judge = new Judge(new Reference(process), new Ours());
    const random = new Random(seed);
    const problems = new Map<string, string[]>();
    const script = fc.tuple(filling, pairsScript, fc.constantFrom(0, ...SHARES));
    const scripts = fc.sample(script, { seed, numRuns: Math.ceil(SCRIPTS * scale) });
    for (const share of SHARES) scripts.unshift([NEEDED_TOMBSTONE, [], share]);
    let cases = 0;
    const draw = () => random.u32() / 2 ** 32;
    for (const [index, [before, beside, minWasteRatio]] of scripts.entries()) {
      for (const state of await crashStates(before, { beside, minWasteRatio }, draw)) {
        using inner = scratch.inner();
        const dir = inner.newPath();
        const visit = cases++ % VISITS.length;
        const problem = await judge.look(dir, state, VISITS[visit]!);
        if (problem === undefined) continue;
        const where = `script ${index}, visit ${visit}: ${describeFiles(state.files)}`;
        problems.set(problem, [...(problems.get(problem) ?? []), where]);
      }
    }
    for (const [problem, where] of problems)
      ledger.fail(`${problem}: ${where.length} states, the first: ${where[0]}`);
    const { firstCount, marked } = judge;
    return {
      cases,
      facts: [
        `${scripts.length} compactions; the reference came first to ${firstCount} of these stores, behind our repair of a torn tail to ${cases - firstCount}; ${marked} had a marker`,
      ],
    };
  },
};

class Judge {
  readonly #reference: Side;
  readonly #ours: Side;
  /** How many stores the reference opened before we did. */
  firstCount = 0;
  /** How many of them named what was removed. */
  marked = 0;

  constructor(reference: Side, ours: Side) {
    this.#reference = reference;
    this.#ours = ours;
  }

  /** Returns what is wrong. */
  async look(
    dir: string,
    { files, allowed, lastTxid }: CrashState,
    visit: Visit,
  ): Promise<string | undefined> {
    writeFiles(dir, files);
    if (files.has("removed-segments")) this.marked++;
    const looked = await attempt(async () => {
      const { verdict } = await verifyLog(dir);
      // Behind a torn tail the reference loses what it appends, compacted or not: docs/compatibility.md.
      if (verdict !== "intact") await withStore(this.#ours, dir, async () => undefined);
      else this.firstCount++;
      const pairs = await pairsOf(this.#reference, dir);
      if (!allowed.includes(pairsText(pairs))) return "the reference sees pairs that are not the store's";
      return await this.#goOn(dir, pairs, lastTxid, visit);
    });
    return looked.ok ? looked.value : `refused: ${looked.refusal.text.replaceAll(dir, "STORE")}`;
  }

  async #goOn(dir: string, pairs: SeenPair[], lastTxid: bigint, visit: Visit): Promise<string | undefined> {
    await visit(dir, this.#reference);
    const isWritten = visit !== VISITS[0];
    const expected = pairsText(isWritten ? [...withoutKey(withoutKey(pairs, DELETED), PUT.key), PUT] : pairs);
    const problem = await withStore(this.#ours, dir, async (store) => {
      const txids = (await store.records()).map(({ txid }) => txid);
      if (txids.some((txid, index) => index > 0 && txid <= txids[index - 1]!)) return "a txid repeats";
      if ((txids.at(-1) ?? 0n) < lastTxid + (isWritten ? 2n : 0n)) return "txids begin again";
      if (pairsText(await store.pairs()) !== expected)
        return "we do not see the pairs that the reference left";
      await store.compact!(0);
      if (pairsText(await store.pairs()) !== expected) return "our next compaction changes pairs";
      return undefined;
    });
    if (problem !== undefined) return problem;
    const { warnings } = await verifiedReport(dir);
    if (warnings !== "[]") return `a false alarm: ${warnings}`;
    const isSame = pairsText(await pairsOf(this.#reference, dir)) === expected;
    return isSame ? undefined : "behind our next compaction the reference sees other pairs";
  }
}

async function withStore<T>(side: Side, dir: string, use: (store: OpenStore) => Promise<T>): Promise<T> {
  const store = await side.open(dir, "kv");
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

function pairsOf(side: Side, dir: string): Promise<SeenPair[]> {
  return withStore(side, dir, (store) => store.pairs());
}

/** What a cut tail leaves beside the segment is none. */
async function verifiedReport(dir: string): Promise<{ warnings: string }> {
  const { report } = await verifyLog(dir);
  return { warnings: plainText(report.warnings.filter(({ kind }) => kind !== "quarantine-present")) };
}

function writeFiles(dir: string, files: Files): void {
  mkdirSync(dir);
  for (const [name, bytes] of files) writeFileSync(join(dir, name), bytes);
}

function describeFiles(files: Files): string {
  return [...files].map(([name, { length }]) => `${name} ${length}`).join(", ");
}
