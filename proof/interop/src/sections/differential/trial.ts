import { readFileSync } from "node:fs";
import { Difference } from "../../differences/difference.js";
import type { Ledger } from "../../differences/ledger.js";
import { plainText, recordDifference } from "../../kit/records.js";
import type { Scratch } from "../../kit/scratch.js";
import { fileDifference, readStoreFiles } from "../../kit/store-files.js";
import { textDifference } from "../../kit/text-difference.js";
import type { Ours } from "../../sides/ours.js";
import { type Outcome, refusalKey } from "../../sides/refusal.js";
import type { SeenCompactionInPlace, SeenRecord, Side } from "../../sides/side.js";
import { Lane } from "./lane.js";
import type { Operation } from "./operation.js";

/** How often the views that need a store of their own are compared. */
const VIEWS_EVERY = 16;

/** One script on three stores: ours, the reference's, and one that they write in turns. After each step all are equal. */
export class Trial {
  readonly #scratch: Scratch;
  readonly #ledger: Ledger;
  readonly #lanes: readonly Lane[];
  readonly #other: ReadonlyMap<Side, Side>;
  comparisons = 0;

  constructor(scratch: Scratch, ledger: Ledger, ours: Ours, reference: Side) {
    this.#scratch = scratch;
    this.#ledger = ledger;
    this.#other = new Map([
      [ours, reference],
      [reference, ours],
    ]);
    this.#lanes = [
      new Lane("ours", scratch.newPath(), [ours], ours, ledger),
      new Lane("reference", scratch.newPath(), [reference], ours, ledger),
      new Lane("mixed", scratch.newPath(), [ours, reference], ours, ledger),
    ];
  }

  /** Those in place that were done, told once and not for each store. */
  get compactions(): readonly SeenCompactionInPlace[] {
    return this.#lanes[0]!.compactions;
  }

  /** @throws Difference */
  async run(script: readonly Operation[]): Promise<void> {
    try {
      for (const lane of this.#lanes) await lane.open("log");
      for (const [index, operation] of script.entries()) {
        await this.#step(operation, index);
        if ((index + 1) % VIEWS_EVERY === 0 || index === script.length - 1)
          await this.#compareViews(`after step ${index + 1}`);
      }
    } finally {
      for (const lane of this.#lanes) await lane.close();
    }
  }

  async #step(operation: Operation, index: number): Promise<void> {
    const when = `after step ${index + 1}, ${operation.do}`;
    await this.#compare(`${when}: outcome`, async (lane) => outcomeText(await lane.perform(operation)));
    this.#compareFiles(when);
    // Of the readers beside a writer, one in three looks at each step.
    await this.#compareRecords(when, this.#lanes[index % this.#lanes.length]!);
  }

  #compareFiles(when: string): void {
    const [first, ...others] = this.#lanes.map(({ dir }) => readStoreFiles(dir));
    for (const [index, files] of others.entries()) {
      const what = `${when}: files, ours and ${this.#lanes[index + 1]!.name}`;
      this.#expectNone(fileDifference(first!.segments, files.segments), what);
      this.#expectNone(textDifference(first!.others.join(), files.others.join()), what);
    }
  }

  /** What whoever holds a store sees, what a reader sees where nobody does, and the other side's reader beside one. */
  async #compareRecords(when: string, readBeside: Lane): Promise<void> {
    const seen = await Promise.all([
      this.#read(this.#other.get(readBeside.side)!, readBeside, when),
      ...this.#lanes.map((lane) => lane.store?.records() ?? this.#read(lane.side, lane, when)),
    ]);
    for (const records of seen.slice(1))
      this.#expectNone(recordDifference(seen[0]!, records), `${when}: records`);
  }

  async #read(side: Side, lane: Lane, when: string): Promise<SeenRecord[]> {
    const read = await side.read(lane.dir);
    if (!read.ok)
      throw new Difference(`${when}: ${side.name}'s reader of ${lane.name} is refused: ${read.refusal.text}`);
    const { recordsReplayed, tailTruncated, lastTxidSeen } = read.value.report;
    const { records } = read.value;
    const expected = [records.length, 0, records.at(-1)?.txid ?? 0n];
    this.#expectNone(
      textDifference(plainText(expected), plainText([recordsReplayed, tailTruncated, lastTxidSeen])),
      `${when}: ${side.name}'s reader's report of ${lane.name}`,
    );
    return records;
  }

  /** What a store shows when it is opened as keys and values. */
  async #compareViews(when: string): Promise<void> {
    await this.#compare(`${when}: report, pairs, export, compaction`, async (lane) => {
      const before = lane.store?.layer;
      await lane.close();
      const store = await lane.open("kv");
      const exported = this.#scratch.newPath();
      await store.exportJsonl(exported);
      const compacted = this.#scratch.newPath();
      const compaction = await store.compactTo(compacted);
      const view = {
        report: await store.report(),
        pairs: await store.pairs(),
        exported: readFileSync(exported, "base64"),
        compaction: plainText(compaction),
        compacted: this.#compactedFiles(compacted),
      };
      if (before) await lane.open(before);
      else await lane.close();
      return plainText(view);
    });
  }

  #compactedFiles(dir: string): [string, string][] {
    const { segments, others } = readStoreFiles(dir);
    if (others.includes(".lock")) this.#ledger.note("compaction-leaves-no-lock");
    return [...segments].map(([name, bytes]) => [name, bytes.toString("base64")]);
  }

  /** Asks each lane, and expects the same of all. */
  async #compare(what: string, ask: (lane: Lane) => Promise<string>): Promise<void> {
    const answers = await Promise.all(this.#lanes.map(ask));
    for (const [index, answer] of answers.entries())
      this.#expectNone(textDifference(answers[0]!, answer), `${what}, ours and ${this.#lanes[index]!.name}`);
  }

  #expectNone(difference: string | undefined, what: string): void {
    this.comparisons++;
    if (difference !== undefined) throw new Difference(`${what}: ${difference}`);
  }
}

function outcomeText(outcome: Outcome<unknown>): string {
  return outcome.ok ? plainText(outcome.value ?? null) : `refused: ${refusalKey(outcome.refusal)}`;
}
