import { RecordType } from "@datawal/format";
import { RecordLog, verifyLog } from "@datawal/record-log";
import type { Ledger } from "../../differences/ledger.js";
import { recordDifference } from "../../kit/records.js";
import { salvagedPayloads } from "../../kit/salvaged-payloads.js";
import type { Scratch } from "../../kit/scratch.js";
import { Ours } from "../../sides/ours.js";
import type { Reference } from "../../sides/reference.js";
import { attempt } from "../../sides/refusal.js";
import type { BatchChange, SeenPair, SeenRecord } from "../../sides/side.js";
import { pairsText, withChanges } from "../crashed-compaction/pairs.js";
import type { CutGroup } from "./cut-groups.js";
import { pay, type Visit } from "./visits.js";

/** What we do behind all of it, to see that the store goes on. */
const NEXT_BATCH: readonly BatchChange[] = [
  { key: Buffer.from("a"), value: Buffer.from("behind it") },
  { key: Buffer.from("ab"), value: undefined },
];

/** Says what is wrong with what comes of a cut group. */
export class Judge {
  readonly #reference: Reference;
  readonly #ledger: Ledger;
  readonly #ours = new Ours();
  /** Behind how many parts the reference went on. */
  broken = 0;
  /** Behind how many torn frames it appended. */
  torn = 0;

  constructor(reference: Reference, ledger: Ledger) {
    this.#reference = reference;
    this.#ledger = ledger;
  }

  async look(cut: CutGroup, visit: Visit, scratch: Scratch): Promise<string | undefined> {
    const dir = scratch.newPath();
    cut.make(dir);
    const judged = await attempt(async () => {
      // The same store for each visit.
      const shown = cut.state === "cut" ? cut.before : [...cut.before, ...cut.part];
      const problem = visit.length > 0 ? undefined : await this.#readerSees(dir, shown);
      if (problem !== undefined) return problem;
      const payloads = await pay(visit, dir, this.#reference, cut.first);
      return cut.isTorn
        ? await this.#behindTorn(cut, visit, dir, payloads, scratch)
        : await this.#behindPart(cut, visit, dir);
    });
    return judged.ok ? judged.value : `refused: ${judged.refusal.text.replaceAll(dir, "STORE")}`;
  }

  async #behindPart(
    { before, part, state }: CutGroup,
    visit: Visit,
    dir: string,
  ): Promise<string | undefined> {
    const { records: theirs } = await this.#reference.readAll(dir);
    const kept = [...before, ...part];
    const isKept = recordDifference(kept, theirs.slice(0, kept.length)) === undefined;
    if (!isKept || theirs.length !== kept.length + appendedCount(visit))
      return "the reference does not see what was there and what it has appended";
    const isBroken = state === "cut" && visit.length > 0;
    const isLeftOut = state === "cut" && visit.length === 0;
    if (isBroken) this.broken++;
    if (isLeftOut) this.#ledger.note("a-part-of-a-group-is-left-out");
    const expected = isLeftOut ? before : theirs;
    return (
      (await this.#readerSees(dir, expected)) ??
      (await warnedOf(dir, isBroken)) ??
      openStrictly(dir, expected) ??
      (await this.#goOn(dir, expected))
    );
  }

  /** What the reference appends behind a torn frame it loses itself: a repair of ours brings it back. */
  async #behindTorn(
    { before }: CutGroup,
    visit: Visit,
    dir: string,
    payloads: readonly string[],
    scratch: Scratch,
  ): Promise<string | undefined> {
    const isLost = async () => {
      const salvaged = await salvagedPayloads(dir, scratch.newPath());
      return payloads.some((payload) => !salvaged.includes(payload));
    };
    if (payloads.length > 0) {
      this.torn++;
      this.#ledger.note("acknowledged-behind-a-torn-tail");
    }
    if (await isLost()) return "what the reference has appended behind a torn frame is not salvaged";
    if (visit.length === 0) return openStrictly(dir, before) ?? (await this.#goOn(dir, before));
    if (visit.includes("rotate")) return undefined;
    const problem = await this.#goOn(dir, before);
    if (problem !== undefined) return problem;
    return (await isLost()) ? "what the reference has appended behind a torn frame is gone" : undefined;
  }

  async #readerSees(dir: string, expected: readonly SeenRecord[]): Promise<string | undefined> {
    const read = await this.#ours.read(dir);
    if (!read.ok) return `our reader is refused: ${read.refusal.text}`;
    return recordDifference(expected, read.value.records) && "our reader sees other records";
  }

  async #goOn(dir: string, expected: readonly SeenRecord[]): Promise<string | undefined> {
    const pairs = withChanges(pairsIn(expected), NEXT_BATCH);
    const store = await this.#ours.open(dir, "kv");
    try {
      if (pairsText(await store.pairs()) !== pairsText(pairsIn(expected))) return "we see other pairs";
      await store.batch!(NEXT_BATCH);
      await store.compact!(0);
      if (pairsText(await store.pairs()) !== pairsText(pairs))
        return "our batch and compaction make other pairs";
    } finally {
      await store.close();
    }
    const theirs = await this.#reference.open(dir, "kv");
    const isSame = pairsText(await theirs.pairs()) === pairsText(pairs);
    await theirs.close();
    return isSame ? undefined : "behind our batch and compaction the reference sees other pairs";
  }
}

/** The pairs that records leave. */
function pairsIn(records: readonly SeenRecord[]): SeenPair[] {
  const changes = records.map(({ type, key, payload }) => ({
    key,
    value: type === RecordType.Put ? payload : undefined,
  }));
  return withChanges([], changes);
}

function appendedCount(visit: Visit): number {
  return visit.filter((step) => step.startsWith("append")).length;
}

/** What a cut tail leaves beside the segment is no warning. */
async function warnedOf(dir: string, isBroken: boolean): Promise<string | undefined> {
  const { report } = await verifyLog(dir);
  const kinds = report.warnings.map(({ kind }) => kind);
  const expected = isBroken ? "group-broken" : "";
  return kinds.join() === expected ? undefined : `warned of ${kinds}, not of ${expected || "nothing"}`;
}

function openStrictly(dir: string, expected: readonly SeenRecord[]): string | undefined {
  const log = RecordLog.openSync(dir, { recover: "strict" });
  try {
    return recordDifference(expected, [...log.scan()]) && "opened strictly we see other records";
  } finally {
    log.closeSync();
  }
}
