import type { RecordType } from "@datawal/format";
import type { MessageReader } from "../reference/message.js";
import { Operation } from "../reference/operations.js";
import { type ReferenceProcess, ReferenceRefusal } from "../reference/reference-process.js";
import { attempt, type Outcome } from "./refusal.js";
import type {
  Layer,
  OpenStore,
  Place,
  SeenCompaction,
  SeenLog,
  SeenPair,
  SeenRecord,
  SeenReport,
  Side,
} from "./side.js";

/** The Rust crate, as it is. */
export class Reference implements Side {
  readonly name = "reference";
  readonly #process: ReferenceProcess;
  #opened = 0;

  constructor(process: ReferenceProcess) {
    this.#process = process;
  }

  async open(dir: string, layer: Layer): Promise<ReferenceStore> {
    const number = ++this.#opened;
    const operation = layer === "log" ? Operation.openLog : Operation.openKv;
    await this.#process.request(operation, (message) => message.u32(number).text(dir));
    return new ReferenceStore(this.#process, number, layer);
  }

  async openReader(dir: string): Promise<ReferenceReader> {
    const number = ++this.#opened;
    await this.#process.request(Operation.openReader, (message) => message.u32(number).text(dir));
    return new ReferenceReader(this.#process, number);
  }

  read(dir: string): Promise<Outcome<SeenLog>> {
    return attempt(async () => {
      const { records, problem, report } = await this.readAll(dir);
      if (problem !== "") throw new ReferenceRefusal(problem);
      return { records, report };
    });
  }

  /** As {@link read}, with what was yielded before a problem. */
  async readAll(dir: string): Promise<SeenLog & { problem: string }> {
    const reply = await this.#process.request(Operation.readLog, (message) => message.text(dir));
    const records = takeRecords(reply);
    const problem = reply.text();
    return { records, problem, report: takeReport(reply) };
  }
}

/** A reader without the lock, which has listed the segments and goes on record by record. */
export class ReferenceReader {
  readonly #process: ReferenceProcess;
  readonly #number: number;

  constructor(process: ReferenceProcess, number: number) {
    this.#process = process;
    this.#number = number;
  }

  /** The next records, up to so many, and what ended them too early. */
  async take(count: number): Promise<{ records: SeenRecord[]; problem: string }> {
    const reply = await this.#process.request(Operation.takeRecords, (message) =>
      message.u32(this.#number).u32(count),
    );
    return { records: takeRecords(reply), problem: reply.text() };
  }
}

/** After how many records a live writer does what. */
export interface Pace {
  rotateEvery: number;
  fsyncEvery: number;
  pauseEvery: number;
}

/** A store that the Rust program holds open. */
export class ReferenceStore implements OpenStore {
  readonly layer: Layer;
  readonly #process: ReferenceProcess;
  readonly #number: number;

  constructor(process: ReferenceProcess, number: number, layer: Layer) {
    this.#process = process;
    this.#number = number;
    this.layer = layer;
  }

  async append(payload: Uint8Array): Promise<Place> {
    const reply = await this.#process.request(Operation.append, (message) =>
      message.u32(this.#number).bytes(payload),
    );
    return takePlace(reply);
  }

  async appendRecord(type: RecordType, key: Uint8Array, payload: Uint8Array): Promise<Place> {
    const reply = await this.#process.request(Operation.appendRecord, (message) =>
      message.u32(this.#number).u8(type).bytes(key).bytes(payload),
    );
    return takePlace(reply);
  }

  async put(key: Uint8Array, value: Uint8Array): Promise<void> {
    await this.#process.request(Operation.put, (message) =>
      message.u32(this.#number).bytes(key).bytes(value),
    );
  }

  async delete(key: Uint8Array): Promise<void> {
    await this.#process.request(Operation.delete, (message) => message.u32(this.#number).bytes(key));
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    const reply = await this.#process.request(Operation.get, (message) =>
      message.u32(this.#number).bytes(key),
    );
    return reply.u8() === 0 ? undefined : reply.bytes();
  }

  async rotate(): Promise<void> {
    await this.#call(Operation.rotate);
  }

  async fsync(): Promise<void> {
    await this.#call(Operation.fsync);
  }

  async close(): Promise<void> {
    await this.#call(Operation.close);
  }

  /** By `scan_iter`. */
  async records(): Promise<SeenRecord[]> {
    return takeWholeScan(await this.#call(Operation.iterate));
  }

  /** By `scan`, which renews the report; in a log only. */
  async scan(): Promise<SeenRecord[]> {
    return takeWholeScan(await this.#call(Operation.scan));
  }

  async report(): Promise<SeenReport> {
    return takeReport(await this.#call(Operation.report));
  }

  async pairs(): Promise<SeenPair[]> {
    const reply = await this.#call(Operation.items);
    return Array.from({ length: reply.u32() }, () => ({ key: reply.bytes(), value: reply.bytes() }));
  }

  async exportJsonl(path: string): Promise<void> {
    await this.#process.request(Operation.exportJsonl, (message) => message.u32(this.#number).text(path));
  }

  async compactTo(target: string): Promise<SeenCompaction> {
    const reply = await this.#process.request(Operation.compactTo, (message) =>
      message.u32(this.#number).text(target),
    );
    return {
      liveKeys: Number(reply.u64()),
      recordsWritten: Number(reply.u64()),
      bytesWritten: Number(reply.u64()),
    };
  }

  /** The crate's own hook for tests: as if a write had failed for this reason. In a log only. */
  async poison(reason: string): Promise<void> {
    await this.#process.request(Operation.poison, (message) => message.u32(this.#number).text(reason));
  }

  /** Appends the records from `first` up to `end` at a pace, as rust/src/live.rs tells. In a log only. */
  async writeLive(first: number, end: number, pace: Pace): Promise<void> {
    await this.#process.request(Operation.writeLive, (message) => {
      message.u32(this.#number);
      for (const value of [first, end, pace.rotateEvery, pace.fsyncEvery, pace.pauseEvery])
        message.u64(BigInt(value));
    });
  }

  #call(operation: number): Promise<MessageReader> {
    return this.#process.request(operation, (message) => message.u32(this.#number));
  }
}

function takePlace(reply: MessageReader): Place {
  return { segment: reply.u32(), offset: Number(reply.u64()), len: reply.u32() };
}

function takeWholeScan(reply: MessageReader): SeenRecord[] {
  const records = takeRecords(reply);
  const problem = reply.text();
  if (problem !== "") throw new ReferenceRefusal(problem);
  return records;
}

function takeRecords(reply: MessageReader): SeenRecord[] {
  return Array.from({ length: reply.u32() }, () => ({
    type: reply.u8(),
    txid: reply.u64(),
    ...takePlace(reply),
    key: reply.bytes(),
    payload: reply.bytes(),
  }));
}

function takeReport(reply: MessageReader): SeenReport {
  return {
    filesScanned: reply.u32(),
    recordsReplayed: Number(reply.u64()),
    tailTruncated: reply.u32(),
    tailBytesDiscarded: Number(reply.u64()),
    midStreamErrors: reply.u32(),
    unsupportedVersions: reply.u32(),
    lastTxidSeen: reply.u64(),
  };
}
