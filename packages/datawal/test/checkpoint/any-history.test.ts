import { encodeRecord, RecordType } from "@datawal/format";
import { RecordLog } from "@datawal/record-log";
import { createSimulatedDisk, type SimulatedDisk } from "@datawal/safeatomic/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { IS_FULL_RUN } from "../../../record-log/test/kit/seeded-random.js";
import { replaceStoreSync } from "../../src/index.js";
import { bothWays, CHECKPOINT, openStore, STORE } from "./both-ways.js";

type Step =
  | { kind: "put" | "delete"; key: number; size: number }
  | { kind: "group"; keys: number[] }
  | { kind: "rotate" | "compact" | "close" | "kill" | "cut power" | "drop" | "swap" | "sync" }
  | { kind: "foreign append"; key: number; withNote: boolean }
  | { kind: "garbage"; bytes: number }
  | { kind: "spoil"; at: number; bit: number; isCut: boolean };

const key = fc.integer({ min: 0, max: 12 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom("put", "delete"), key, size: fc.nat(40) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("group" as const), keys: fc.array(key, { maxLength: 3 }) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("close" as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("rotate", "compact", "kill", "cut power", "drop", "swap", "sync"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("foreign append" as const), key, withNote: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("garbage" as const), bytes: fc.nat(60) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("spoil" as const),
      at: fc.nat(),
      bit: fc.nat(7),
      isCut: fc.boolean(),
    }),
  },
) as fc.Arbitrary<Step>;

class History {
  readonly disk: SimulatedDisk = createSimulatedDisk();
  db = openStore(this.disk);
  /** Compaction moves keys to the end, where a full replay sees them: in memory they keep their place. */
  hasCompacted = false;
  useCount = 0;

  run(step: Step): void {
    const { db } = this;
    if (step.kind === "put") db.put(`key-${step.key}`, "v".repeat(step.size));
    else if (step.kind === "delete") db.delete(`key-${step.key}`);
    else if (step.kind === "group")
      db.batch(step.keys.map((each) => ({ type: "put", key: `key-${each}`, value: "group" })));
    else if (step.kind === "rotate") db.rotateSync();
    else if (step.kind === "sync") db.fsyncSync();
    else if (step.kind === "compact") {
      this.hasCompacted = true;
      db.compactSync();
    } else this.#reopen(() => this.#between(step));
  }

  #reopen(between: () => void): void {
    between();
    const uses = bothWays(this.disk, this.hasCompacted ? (pairs) => pairs.toSorted() : undefined);
    this.useCount += uses.filter((use) => use === "believed").length;
    this.db = openStore(this.disk);
  }

  #between(step: Step): void {
    if (step.kind === "kill") this.disk.killProcess();
    else if (step.kind === "cut power") this.disk.cutPower();
    else this.db.closeSync();
    if (step.kind === "drop") this.#drop();
    if (step.kind === "swap") this.#swap();
    if (step.kind === "foreign append") this.#appendForeign(step.key, step.withNote);
    if (step.kind === "garbage") this.#append(new Uint8Array(step.bytes).fill(7));
    if (step.kind === "spoil") this.#spoil(step);
  }

  #drop(): void {
    const log = RecordLog.openSync(STORE, { fileSystem: this.disk });
    log.dropSegmentsBeforeSync(log.segments.at(-1)!);
    log.closeSync();
  }

  #swap(): void {
    const db = openStore(this.disk);
    db.compactToSync("/replacement");
    db.closeSync();
    this.hasCompacted = true;
    openStore(this.disk, {}, "/replacement").closeSync();
    replaceStoreSync(STORE, "/replacement", { fileSystem: this.disk });
  }

  #appendForeign(key: number, withNote: boolean): void {
    const log = RecordLog.openSync(STORE, { fileSystem: this.disk });
    const { lastTxid } = log;
    log.closeSync();
    const lock = this.disk.lock(`${STORE}/.lock`, "1");
    if (lock.state === "held" && !withNote) lock.writeNote("");
    if (lock.state === "held") lock.release();
    this.#append(
      encodeRecord({
        type: RecordType.Put,
        txid: lastTxid + 1n,
        key: Buffer.from(`key-${key}`),
        payload: Buffer.from("foreign"),
      }),
    );
  }

  #append(bytes: Uint8Array): void {
    const last = this.disk
      .list(STORE)
      .map(({ name }) => name)
      .filter((name) => name.endsWith(".dwal"))
      .at(-1)!;
    // Garbage alone is no segment.
    if (this.disk.stat(`${STORE}/${last}`)!.size === 0) return;
    const file = this.disk.open(`${STORE}/${last}`, "append");
    file.append(bytes, 0, bytes.length);
    file.fsyncSync();
    file.close();
  }

  #spoil({ at, bit, isCut }: Step & { kind: "spoil" }): void {
    const stat = this.disk.stat(CHECKPOINT);
    if (!stat) return;
    const file = this.disk.open(CHECKPOINT, "read");
    const bytes = new Uint8Array(stat.size);
    file.readAt(bytes, 0, bytes.length, 0);
    file.close();
    const place = at % bytes.length;
    bytes[place]! ^= 1 << bit;
    this.disk.removeFile(CHECKPOINT);
    const spoilt = this.disk.open(CHECKPOINT, "create", 0o600);
    spoilt.append(bytes, 0, isCut ? place : bytes.length);
    spoilt.close();
  }
}

const RUNS = IS_FULL_RUN ? 100 : 10;

test("whatever has happened to a store, its open shows what reading the whole log shows", () => {
  let believed = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
      const history = new History();
      for (const each of steps) history.run(each);
      history.db.closeSync();
      believed += history.useCount;
    }),
    { numRuns: RUNS },
  );
  // Or nothing was shown.
  expect(believed).toBeGreaterThan(RUNS / 2);
});
