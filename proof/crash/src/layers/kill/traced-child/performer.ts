import { type BytesLike, RecordType } from "@datawal/format";
import type { OracleRecord } from "@datawal/oracle";
import { RecordLog, type RecoveryReport } from "@datawal/record-log";
import { type FileSystem, nodeFileSystem } from "@datawal/safeatomic";
import { DataWal } from "datawal";
import { failureOf } from "./failure.js";
import type { Witness } from "./testimony.js";
import type { Order, Workload } from "./workload.js";

export type Log = RecordLog;
export type Store = DataWal<BytesLike, BytesLike>;

interface Writer {
  readonly isPoisoned: boolean;
  recoveryReport(): RecoveryReport;
  close(): Promise<void>;
  closeSync(): void;
}

/** Calls the product in the ordered form, and says before and after each call what it hands over and what it has. */
export class Performer {
  readonly order: Order;
  /** The real disk, with temporary names that are known before. */
  readonly #fileSystem: FileSystem = { ...nodeFileSystem, uniqueSuffix: () => "suffix" };
  readonly #workload: Workload;
  readonly #witness: Witness;
  /** Records of the store. */
  #count = 0;

  constructor(order: Order, workload: Workload, witness: Witness) {
    this.order = order;
    this.#workload = workload;
    this.#witness = witness;
  }

  async withLog(segmentBytesMax: number, work: (log: Log) => Promise<void>): Promise<void> {
    const options = { segmentBytesMax, fileSystem: this.#fileSystem };
    const { store } = this.order.place;
    await this.#with(
      async () => (this.#isSync ? RecordLog.openSync(store, options) : await RecordLog.open(store, options)),
      work,
      (log) => log.append("too late"),
    );
  }

  async withStore(segmentBytesMax: number, work: (store: Store) => Promise<void>): Promise<void> {
    const options = { segmentBytesMax, fileSystem: this.#fileSystem };
    const { store } = this.order.place;
    await this.#with<Store>(
      async () => (this.#isSync ? DataWal.openSync(store, options) : await DataWal.open(store, options)),
      work,
      (opened) => opened.put("too late", ""),
    );
  }

  /** Appends the next planned record. */
  append(log: Log): void {
    this.#handOver(1, ([record]) =>
      log.appendRecord(record!.type as RecordType, record!.key, record!.payload),
    );
  }

  /** Puts the next planned records, all of them Puts, as one batch. */
  putMany(store: Store, count: number): void {
    this.#handOver(count, (records) => store.putMany(records.map(({ key, payload }) => [key, payload])));
  }

  /** Puts the next planned records but the first, the head of their group, all or none. */
  batch(store: Store, count: number): void {
    this.#handOver(count, ([, ...records]) =>
      store.batch(records.map(({ key, payload }) => ({ type: "put", key, value: payload }))),
    );
  }

  /** Puts or deletes the next planned record. */
  putOrDelete(store: Store): void {
    this.#handOver(1, ([record]) => {
      if (record!.type === RecordType.Delete) store.delete(record!.key);
      else store.put(record!.key, record!.payload);
    });
  }

  async fsync(writer: Log | Store): Promise<void> {
    if (this.#isSync) writer.fsyncSync();
    else await writer.fsync();
    this.#witness.say({ kind: "durable", count: this.#count });
  }

  async rotate(writer: Log | Store): Promise<void> {
    if (this.#isSync) writer.rotateSync();
    else await writer.rotate();
    this.#witness.say({ kind: "durable", count: this.#count });
  }

  /** Compacts in place, and puts or deletes the next planned records between its pieces. */
  async compact(store: Store): Promise<void> {
    let callsCount = 0;
    const onProgress = () => {
      if (callsCount++ % 6 === 0) this.putOrDelete(store);
    };
    if (this.#isSync) store.compactSync({ onProgress });
    else await store.compact({ onProgress });
  }

  /** Makes a copy or an export; a failure is said, and is the end of this one only. */
  async publish(name: string, sync: () => unknown, async: () => Promise<unknown>): Promise<void> {
    try {
      if (this.#isSync) sync();
      else await async();
      this.#witness.say({ kind: "published", name });
    } catch (error) {
      this.#witness.say(failureOf(error));
    }
  }

  get #isSync(): boolean {
    return this.order.form === "sync";
  }

  async #with<Opened extends Writer>(
    open: () => Promise<Opened>,
    work: (opened: Opened) => Promise<void>,
    write: (opened: Opened) => unknown,
  ): Promise<void> {
    this.#witness.say({ kind: "opening" });
    const opened = await open();
    const { lastTxidSeen, warnings } = opened.recoveryReport();
    this.#witness.say({ kind: "opened", warnings: warnings.map(({ kind }) => kind) });
    this.#count = Number(lastTxidSeen);
    try {
      await work(opened);
    } catch (error) {
      this.#witness.say(failureOf(error));
      if (opened.isPoisoned) this.#expectRefusal(() => write(opened));
    } finally {
      await this.#close(opened);
    }
  }

  async #close(opened: Writer): Promise<void> {
    try {
      if (this.#isSync) opened.closeSync();
      else await opened.close();
    } catch (error) {
      this.#witness.say(failureOf(error));
    }
  }

  #handOver(count: number, append: (records: readonly OracleRecord[]) => unknown): void {
    const next = this.#count + count;
    const records = Array.from({ length: count }, (_, index) =>
      this.#workload.plan(this.order.seed, this.#count + index),
    );
    this.#witness.say({ kind: "handed", count: next });
    if (this.order.isLiar) this.#witness.say({ kind: "returned", count: next });
    try {
      append(records);
      this.#count = next;
      this.#witness.say({ kind: "returned", count: next });
    } catch (error) {
      if (!this.order.isLiar) this.#takeBack(error);
      throw error;
    }
  }

  /** What a failed call has not appended is not in the log: no injected error has written anything. */
  #takeBack(error: unknown): void {
    if (error instanceof Error && "recordsAppended" in error) this.#count += Number(error.recordsAppended);
    this.#witness.say({ kind: "handed", count: this.#count });
    this.#witness.say({ kind: "returned", count: this.#count });
  }

  #expectRefusal(write: () => unknown): void {
    try {
      write();
      this.#witness.say({ kind: "written-though-poisoned" });
    } catch (error) {
      this.#witness.say(failureOf(error));
    }
  }
}
