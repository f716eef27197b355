import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { RecordLog, RecordLogReader, type RecoveryReport, segmentName } from "@datawal/record-log";
import { parseStoreName, QUARANTINE_HEADER_LEN } from "@datawal/record-log/internal";
import { Difference } from "../../differences/difference.js";
import type { Ledger } from "../../differences/ledger.js";
import { isSameRecord, plainText, recordDifference } from "../../kit/records.js";
import type { Scratch } from "../../kit/scratch.js";
import { copyStore, readStoreFiles } from "../../kit/store-files.js";
import { changedPaths, readTree, type Tree } from "../../kit/tree.js";
import { Ours, seenReport } from "../../sides/ours.js";
import type { Reference } from "../../sides/reference.js";
import { attempt, type Outcome } from "../../sides/refusal.js";
import type { SeenLog, SeenRecord, Side } from "../../sides/side.js";
import type { DamageCase } from "./damage.js";
import { inflict, type Place, placeIn } from "./inflict.js";
import { type DamagedStore, type Judgement, judge, type OurSighting } from "./judge.js";

const WITHOUT_ROTATION = { segmentBytesMax: Number.POSITIVE_INFINITY };
const AFTERWARDS = Buffer.from("appended to what was left");

/** One damaged store in two copies: what either side makes of it, and what becomes of the next record. */
export class DamageTrial {
  readonly #reference: Reference;
  readonly #ledger: Ledger;
  /** How often each outcome came about. */
  readonly #counts: Map<string, number>;
  readonly #ours: Place;
  readonly #theirs: Place;
  readonly #theirDirectory: string;
  readonly #ourDirectory: string;

  constructor(scratch: Scratch, reference: Reference, ledger: Ledger, counts: Map<string, number>) {
    this.#reference = reference;
    this.#ledger = ledger;
    this.#counts = counts;
    this.#ourDirectory = scratch.directory();
    this.#theirDirectory = scratch.newPath();
    this.#ours = placeIn(this.#ourDirectory);
    this.#theirs = placeIn(this.#theirDirectory);
  }

  /** @throws Difference */
  async run(damageCase: DamageCase): Promise<void> {
    mkdirSync(this.#ours.elsewhere);
    await writeStore(
      damageCase,
      damageCase.writer === "ours" ? new Ours() : this.#reference,
      this.#ours.store,
    );
    for (const damage of damageCase.damages) inflict(this.#ours, damage);
    copyStore(this.#ourDirectory, this.#theirDirectory);
    await this.#compareReaders();
    await this.#compareWriters();
  }

  async #compareReaders(): Promise<void> {
    const before = readTree(this.#ourDirectory);
    const theirs = await this.#reference.readAll(this.#theirs.store);
    const reference = await this.#reference.read(this.#theirs.store);
    const ours = await attempt(() => ourReader(this.#ours.store));
    const store = { ...describeStore(this.#ours.store), hasOddLock: false };
    this.#settle("readers", judge({ reference, referencePrefix: theirs.records, ours, store }));
    expectUnchanged("our reader", before, readTree(this.#ourDirectory));
    expectUnchanged("the reference's reader", before, readTree(this.#theirDirectory));
  }

  async #compareWriters(): Promise<void> {
    const store = describeStore(this.#ours.store);
    const before = readTree(this.#ours.store);
    const theirTarget = readTree(this.#theirs.elsewhere);
    const { records: referencePrefix } = await this.#reference.readAll(this.#theirs.store);
    const reference = await attempt(() => seenByReference(this.#reference, this.#theirs.store));
    const ours = await attempt(() => this.#openOurs());
    this.#settle("writers", judge({ reference, referencePrefix, ours, store }));
    if (changedPaths(theirTarget, readTree(this.#theirs.elsewhere)).length > 0)
      this.#ledger.note("nothing-is-opened-through-a-link");
    if (ours.ok) {
      this.#expectRepair(before, store, ours.value);
      await this.#appendAfterwards(ours.value, reference);
    } else {
      const removed = Object.keys(before).filter((name) => name.endsWith(".new"));
      expectUnchanged("our refusal", before, readTree(this.#ours.store), [".lock", ...removed]);
    }
  }

  async #openOurs(): Promise<OurSighting> {
    const log = await RecordLog.open(this.#ours.store, WITHOUT_ROTATION);
    try {
      return sighting([...log.scan()], log.recoveryReport());
    } finally {
      await log.close();
    }
  }

  /** What our open changed: the tail was cut where the prefix ends, and every byte that was cut is kept. */
  #expectRepair(before: Tree, store: DamagedStore, seen: OurSighting): void {
    const after = readTree(this.#ours.store);
    const name = segmentName(store.lastSegment);
    const changed = changedPaths(before, after, [".lock"]);
    const temporaries = changed.filter((path) => path.endsWith(".new"));
    if (temporaries.length > 0) this.#ledger.note("temporaries-are-removed");
    const others = changed.filter((path) => !temporaries.includes(path));
    const wasCreated = before[name] === undefined;
    if (!seen.damage) {
      const expected = wasCreated ? [name] : [];
      if (plainText(others) !== plainText(expected))
        throw new Difference(`our open of a sound store changed ${others}`);
      return;
    }
    this.#ledger.note("tail-is-cut");
    const { offset } = seen.damage;
    const kept = readFileSync(join(this.#ours.store, name));
    const wasThere = store.segments.get(store.lastSegment)!;
    if (Buffer.compare(kept, wasThere.subarray(0, offset)) !== 0)
      throw new Difference(
        `our repair left ${kept.length} bytes of ${name}, not the ${offset} of its valid prefix`,
      );
    const cut = Buffer.from(wasThere.subarray(offset));
    const quarantine = others.filter((path) => path !== name);
    const isKept =
      quarantine.length === 1 && keeps(readFileSync(join(this.#ours.store, quarantine[0]!)), cut);
    if (!isKept && !this.#isKeptAlready(before, cut) && cut.some((byte) => byte !== 0))
      throw new Difference(`our repair cut ${cut.length} bytes and did not keep them: ${others}`);
  }

  #isKeptAlready(before: Tree, cut: Buffer): boolean {
    return Object.entries(before).some(
      ([name, what]) => name.includes(".cut-") && keeps(Buffer.from(what.split(" ").at(-1)!, "base64"), cut),
    );
  }

  /** Both append one record, durably, and open again; then the reference opens what we have repaired. */
  async #appendAfterwards(seen: OurSighting, reference: Outcome<SeenLog>): Promise<void> {
    const ours = await appendAndReopen(new Ours(), this.#ours.store);
    if (!ours.ok) throw new Difference(`our own repaired store is refused: ${ours.refusal.text}`);
    const expected = ours.value.records;
    if (!isWithOneMore(seen.records, expected))
      throw new Difference(`ours: ${seen.records.length} records and one appended became ${expected.length}`);
    if (reference.ok) await this.#expectLoss(reference.value);
    const others = (tree: Tree) =>
      Object.keys(tree).filter((name) => !name.endsWith(".dwal") && name !== ".lock");
    const before = readTree(this.#ours.store);
    const repaired = await attempt(() => seenByReference(this.#reference, this.#ours.store));
    if (!repaired.ok)
      throw new Difference(`the reference refuses what we repaired: ${repaired.refusal.text}`);
    const difference = recordDifference(expected, repaired.value.records);
    if (difference) throw new Difference(`what we repaired, ours and the reference: ${difference}`);
    if (repaired.value.report.tailTruncated !== 0)
      throw new Difference("the reference finds a torn tail in what we repaired");
    expectUnchanged("the reference, in a store that we repaired,", before, readTree(this.#ours.store), [
      ".lock",
    ]);
    if (others(before).length > 0) this.#count("reference opens beside our files");
  }

  /** What the reference loses of a record that it acknowledged; only behind a torn tail. */
  async #expectLoss(seen: SeenLog): Promise<void> {
    const again = await appendAndReopen(this.#reference, this.#theirs.store);
    const isKept = again.ok && isWithOneMore(seen.records, again.value.records);
    if (isKept) return;
    if (seen.report.tailTruncated === 0)
      throw new Difference("the reference lost a record that was not behind a tear");
    this.#ledger.note("acknowledged-behind-a-torn-tail");
    this.#count(again.ok ? "reference lost a synced record" : "reference cannot open what it synced");
  }

  #settle(who: string, judgement: Judgement): void {
    if ("unlisted" in judgement) throw new Difference(`${who}: ${judgement.unlisted}`);
    if ("listed" in judgement) this.#ledger.note(judgement.listed);
    this.#count(`${who}: ${"listed" in judgement ? judgement.listed : judgement.equal}`);
  }

  #count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }
}

function keeps(quarantine: Buffer, cut: Buffer): boolean {
  return quarantine.subarray(QUARANTINE_HEADER_LEN).equals(cut);
}

async function writeStore({ segments }: DamageCase, side: Side, dir: string): Promise<void> {
  const store = await side.open(dir, "log");
  for (const [index, records] of segments.entries()) {
    if (index > 0) await store.rotate();
    for (const { type, keyLen, payloadLen, fill } of records)
      await store.appendRecord(
        type,
        new Uint8Array(keyLen).fill(fill),
        new Uint8Array(payloadLen).fill(fill),
      );
  }
  await store.fsync();
  await store.close();
}

async function ourReader(dir: string): Promise<OurSighting> {
  const reader = await RecordLogReader.open(dir);
  try {
    return sighting([...reader.scan()], reader.recoveryReport());
  } finally {
    await reader.close();
  }
}

function sighting(records: SeenRecord[], report: RecoveryReport): OurSighting {
  const { damageSegment: segment, damageOffset: offset, damageReason: reason } = report;
  const damage = segment === undefined ? undefined : { segment, offset: offset!, reason: reason! };
  return { records, report: seenReport(report), damage };
}

async function seenByReference(reference: Reference, dir: string): Promise<SeenLog> {
  const store = await reference.open(dir, "log");
  try {
    return { records: await store.records(), report: await store.report() };
  } finally {
    await store.close();
  }
}

function appendAndReopen(side: Side, dir: string): Promise<Outcome<SeenLog>> {
  return attempt(async () => {
    const store = await side.open(dir, "log");
    await store.append(AFTERWARDS);
    await store.fsync();
    await store.close();
    const again = await side.open(dir, "log");
    try {
      return { records: await again.records(), report: await again.report() };
    } finally {
      await again.close();
    }
  });
}

function isWithOneMore(before: readonly SeenRecord[], after: readonly SeenRecord[]): boolean {
  const last = after.at(-1);
  return (
    after.length === before.length + 1 &&
    before.every((record, index) => isSameRecord(record, after[index]!)) &&
    Buffer.compare(last!.payload, AFTERWARDS) === 0
  );
}

function describeStore(dir: string): DamagedStore {
  const entries = readdirSync(dir, { withFileTypes: true });
  const odd = entries.filter((entry) => parseStoreName(entry.name).kind === "segment" && !entry.isFile());
  const files = [...readStoreFiles(dir).segments].map(
    ([name, bytes]) => [Number.parseInt(name, 10), bytes] as const,
  );
  return {
    segments: new Map(files),
    lastSegment: files.at(-1)?.[0] ?? 1,
    hasOddSegment: odd.length > 0,
    hasOddLock: entries.some((entry) => entry.name === ".lock" && entry.isSymbolicLink()),
  };
}

function expectUnchanged(who: string, before: Tree, after: Tree, ignored: readonly string[] = []): void {
  const changed = changedPaths(before, after, ignored);
  if (changed.length > 0) throw new Difference(`${who} changed ${changed.join()}`);
}
