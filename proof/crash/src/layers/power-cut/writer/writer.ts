// A process that writes a store until its power is cut, and says what it was told is durable.
import { SeededRandom } from "../machine/seeded-random.js";
import type { WriterOrder } from "./order.js";
import { streamRecord } from "./record-stream.js";
import { Witness } from "./testimony.js";
import { openWritable, type WritableStore } from "./writable-store.js";

class Writer {
  readonly #order: WriterOrder;
  readonly #store: WritableStore;
  readonly #witness: Witness;
  readonly #random: SeededRandom;
  /** Records that the store holds. */
  #count: number;
  /** Of the payloads that this writer has drawn. */
  #bytes = 0;
  #publications = 0;

  constructor(order: WriterOrder, store: WritableStore, witness: Witness) {
    this.#order = order;
    this.#store = store;
    this.#witness = witness;
    this.#random = new SeededRandom(order.seed);
    this.#count = store.recordCount;
  }

  /** Takes so many steps, or as many as there is room for, then appends what it does not sync, and rests. */
  async write(): Promise<void> {
    const { restsAfter = Number.POSITIVE_INFINITY } = this.#order;
    for (let count = 0; count < restsAfter && this.#bytes < BYTES_MAX; count++) await this.#step();
    const bytesMin = this.#bytes + UNSYNCED_BYTES;
    while (this.#bytes < bytesMin) this.#append();
    this.#witness.say({ kind: "resting" });
  }

  /** Appends, and mostly makes that durable in one of the ways there are. */
  async #step(): Promise<void> {
    if (this.#random.below(16) < this.#order.unsyncedOf16) return this.#append();
    if (this.#isCompacted && this.#random.oneIn(4)) return await this.#compact();
    const choice = this.#random.below(12);
    if (choice < 5) await this.#appendAndSync();
    else if (choice < 8) await this.#appendDuringSync();
    else if (choice < 10) this.#appendBatchAndSync();
    else if (choice < 11) await this.#rotate();
    else if (this.#order.publishTo !== undefined) await this.#publish(this.#order.publishTo);
  }

  async #appendAndSync(): Promise<void> {
    this.#append();
    await this.#store.fsync();
    this.#witness.say({ kind: "durable", records: this.#count });
  }

  async #appendDuringSync(): Promise<void> {
    this.#append();
    const first = this.#count;
    const firstSync = this.#store.fsync();
    this.#append();
    const second = this.#count;
    const secondSync = this.#store.fsync();
    this.#append();
    await firstSync;
    this.#witness.say({ kind: "durable", records: first });
    await secondSync;
    this.#witness.say({ kind: "durable", records: second });
  }

  #appendBatchAndSync(): void {
    this.#store.appendMany(this.#nextRecords(this.#isCompacted));
    this.#store.fsyncSync();
    this.#witness.say({ kind: "durable", records: this.#count });
  }

  async #rotate(): Promise<void> {
    this.#append();
    await this.#store.rotate();
    this.#witness.say({ kind: "durable", records: this.#count });
  }

  /** Compacts in place, and appends meanwhile. */
  async #compact(): Promise<void> {
    this.#witness.say({ kind: "compacting" });
    let callsCount = 0;
    const onProgress = () => {
      if (++callsCount % 16 === 0) this.#append();
    };
    await this.#store.compact({ minWasteRatio: this.#random.pick([0, 0.5]), onProgress });
    this.#witness.say({ kind: "compacted" });
  }

  async #publish(prefix: string): Promise<void> {
    const number = ++this.#publications;
    const what = this.#random.pick(["compaction", "export"] as const);
    const facts = { what, number, records: this.#count };
    this.#witness.say({ kind: "publishing", ...facts });
    const path = `${prefix}-${number}`;
    const over = what === "compaction" ? this.#store.compactTo(path) : this.#store.exportJsonl(path);
    // It works on the state at its call; this is not part of it.
    this.#append();
    await over;
    this.#witness.say({ kind: "published", ...facts });
  }

  #append(): void {
    const isGroup = this.#isCompacted && this.#random.oneIn(2);
    const records = this.#nextRecords(isGroup);
    if (isGroup) this.#store.appendMany(records);
    else for (const record of records) this.#store.append(record);
  }

  get #isCompacted(): boolean {
    return this.#order.stream.contents === "compacted";
  }

  #nextRecords(isGroup: boolean) {
    const { stream, appendsPerSyncMax } = this.#order;
    const first = this.#count - this.#store.recordCount;
    const isHuge = stream.sizes === "huge";
    const records = Array.from(
      { length: isHuge ? 1 : 1 + this.#random.below(appendsPerSyncMax) },
      (_, index) => streamRecord(stream, first + index, BigInt(this.#count + index + 1)),
    );
    this.#count += records.length;
    if (this.#isCompacted) this.#witness.say({ kind: "handing", records: this.#count, isGroup });
    for (const { payload } of records) this.#bytes += payload.length;
    return records;
  }
}

/** Of the payloads of one writer: disks are small, and a machine may be slow to cut the power. */
const BYTES_MAX = 8 * 1024 * 1024;

/** Of a tail that waits for the cut: some pages, so that the kernel may write a part of them. */
const UNSYNCED_BYTES = 20_000;

async function main(): Promise<void> {
  // Whoever started this process has gone.
  process.stdin.on("end", () => process.exit(0)).resume();
  const order = JSON.parse(process.argv[2]!) as WriterOrder;
  const witness = new Witness(order.testimony);
  try {
    witness.say({ kind: "opening" });
    const store = await openWritable(order);
    witness.say({ kind: "opened", records: store.recordCount, pairs: store.pairs });
    await new Writer(order, store, witness).write();
  } catch (error) {
    witness.say({ kind: "failed", error: `${error}: ${(error as Error).cause ?? ""}` });
    process.exitCode = 1;
    process.stdin.destroy();
  }
}

await main();
