import { join } from "node:path";
import { decodeNext } from "@datawal/format";
import { type OracleRecord, OracleViolation } from "@datawal/oracle";
import { RecordLog } from "@datawal/record-log";
import type { FaultyFileSystem, PortCall, SimulatedDisk } from "@datawal/safeatomic/testing";
import { changesDisk, createSimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { DataWal, RecordType } from "datawal";
import { groupRecords } from "../../laboratory/group-records.js";
import { appendedOf, isLive } from "../../laboratory/live-key.js";
import { History } from "./history.js";
import { judgeRecords } from "./judge.js";
import { readFile } from "./read-file.js";
import { STORE } from "./store-path.js";

/** A file that an operation publishes whole or not at all, and that must be there once it has said so. */
export interface Publication {
  path: string;
  isAcknowledged: boolean;
}

/** Which moments of a scenario are asked about. */
export type OnMoment = (moment: Moment, world: World) => void;

export interface Moment {
  /** Counts the moments of a scenario from 0. */
  index: number;
  /** The operation under way, and the port's call that was about to be made. */
  operation: string;
  call: PortCall | undefined;
}

export interface WorldOptions {
  segmentBytesMax?: number | undefined;
  /** Whether the store is opened as one of pairs, as which it can be compacted in place. */
  hasPairs?: boolean | undefined;
  /** Whether each close writes a checkpoint of its key directory, and the power is cut not in compactions alone. */
  hasCheckpoints?: boolean | undefined;
}

/** A compaction in place that is under way. */
export interface Compacting {
  /** So many changes of the disk are made before the process is killed. */
  changesLeft: number;
  /** Called before each call. */
  onCall(call: PortCall): void;
  /** The sentence that it has broken while it ran. */
  broken?: unknown;
}

/**
 * A simulated disk with one store on it, the process that works on it, and what that process knows. Before each call of
 * the port that changes something, and after each operation, `onMoment` is asked what a crash then would leave.
 */
export class World {
  readonly disk: SimulatedDisk;
  fileSystem: FaultyFileSystem;
  readonly calls: PortCall[] = [];
  readonly publications: Publication[] = [];
  /** What the store may be: two histories while one store is put in the place of another. */
  histories = [new History()];
  /** Whether the store may refuse to open because a swap was cut in two. */
  isSwapping = false;
  log: RecordLog | DataWal | undefined;
  operation = "open";
  /** A compaction in place that is under way. */
  compaction: Compacting | undefined;
  readonly #onMoment: OnMoment;
  readonly #options: WorldOptions;
  #serial = 0;
  #momentCount = 0;

  constructor(
    disk: SimulatedDisk = createSimulatedDisk(),
    onMoment: OnMoment = () => {},
    options: WorldOptions = {},
  ) {
    this.disk = disk;
    this.#onMoment = onMoment;
    this.#options = options;
    this.fileSystem = this.#boot();
  }

  #boot(): FaultyFileSystem {
    return withFaults(this.disk, (call) => {
      if (changesDisk(call)) {
        this.noteMoved(call);
        this.moment(call);
        if (this.compaction && this.compaction.changesLeft-- === 0) return "stop";
      }
      this.calls.push(call);
      this.compaction?.onCall(call);
      return undefined;
    });
  }

  /** The process is killed; the next one begins. */
  kill(): void {
    this.disk.killProcess();
    this.log = undefined;
    this.fileSystem = this.#boot();
  }

  /** What a compaction appends, and what it removes, it tells nobody: it is read from the disk. */
  noteMoved(call?: PortCall): void {
    if (!this.compaction) return;
    try {
      const newest = this.disk.list(STORE).findLast(({ name }) => name.endsWith(".dwal"))!;
      for (const record of this.#recordsIn(join(STORE, newest.name)))
        if (record.txid >= this.history.nextTxid) this.history.move(record);
      if (call?.operation !== "removeFile" || !call.path.endsWith(".dwal")) return;
      if (!this.log)
        throw new OracleViolation("9 compaction", `${call.path} goes behind the close of its store`);
      const removed = this.#recordsIn(call.path).flatMap(({ type, txid }) =>
        type === RecordType.Raw ? [] : [txid],
      );
      this.history.mayLack = new Set([...this.history.mayLack, ...removed]);
    } catch (error) {
      this.compaction.broken ??= error;
    }
  }

  #recordsIn(path: string): OracleRecord[] {
    const bytes = readFile(this.disk, path);
    const records: OracleRecord[] = [];
    for (let at = 0; ; ) {
      const decoded = decodeNext(bytes, at);
      if (decoded.kind !== "record") return records;
      const { type, txid, key, payload } = decoded;
      records.push({ type, txid, key, payload });
      at = decoded.end;
    }
  }

  get history(): History {
    return this.histories[0]!;
  }

  moment(call?: PortCall): void {
    this.#onMoment({ index: this.#momentCount++, operation: this.operation, call }, this);
  }

  /** The open log; a killed or closed one is opened again. */
  async opened(): Promise<RecordLog | DataWal> {
    return this.log ?? (await this.open());
  }

  async open(): Promise<RecordLog | DataWal> {
    const { hasPairs } = this.#options;
    this.log = await (hasPairs
      ? DataWal.open(STORE, this.#pairOptions)
      : RecordLog.open(STORE, this.#openOptions));
    this.#noteOpen();
    return this.log;
  }

  get #openOptions() {
    return { segmentBytesMax: this.#options.segmentBytesMax, fileSystem: this.fileSystem };
  }

  get #pairOptions() {
    const checkpoint = this.#options.hasCheckpoints ? { minLogBytes: 0 } : undefined;
    return { ...this.#openOptions, checkpoint };
  }

  openSync(): RecordLog | DataWal {
    const { hasPairs } = this.#options;
    this.log = hasPairs
      ? DataWal.openSync(STORE, this.#pairOptions)
      : RecordLog.openSync(STORE, this.#openOptions);
    this.#noteOpen();
    return this.log;
  }

  /** Appends a record; it counts from the moment it begins: the kernel may have it before the caller knows. */
  append(type: RecordType, keyText: string, payloadLen: number): void {
    const { log } = this;
    if (!log || log.isPoisoned) return;
    const { key, payload } = this.record(type, keyText, payloadLen);
    const isLog = log instanceof RecordLog;
    if (isLog || type === RecordType.Put || isLive(key, this.history.appended))
      this.history.append({ type, txid: this.history.nextTxid, key, payload });
    if (isLog) log.appendRecord(type, key, payload);
    else if (type === RecordType.Put) log.put(key, payload);
    else log.delete(key);
  }

  /** As {@link append}, three at once: of a store of pairs with a key each. */
  appendMany(): void {
    const { log } = this;
    if (!log || log.isPoisoned) return;
    const isPairs = log instanceof DataWal;
    const type = isPairs ? RecordType.Put : RecordType.Raw;
    const inputs = [30, 700, 5].map((len, index) => this.record(type, isPairs ? "abc"[index]! : "", len));
    for (const { key, payload } of inputs)
      this.history.append({ type, txid: this.history.nextTxid, key, payload });
    if (isPairs) log.putMany(inputs.map(({ key, payload }) => [key, payload]));
    else log.appendMany(inputs.map(({ payload }) => payload));
  }

  /** As {@link append}, a group: in a log of Raw records, whatever the types. @param records Type, key, and bytes of the payload. */
  appendGroup(records: readonly (readonly [type: RecordType, key: string, payloadLen: number])[]): void {
    const { log } = this;
    if (!log || log.isPoisoned) return;
    const inputs = records.map(([type, key, payloadLen]) => {
      const record = this.record(type, key, payloadLen);
      return log instanceof DataWal ? record : { ...record, type: RecordType.Raw };
    });
    const appended = log instanceof DataWal ? appendedOf(inputs, this.history.appended) : inputs;
    for (const record of groupRecords(this.history.nextTxid, appended)) this.history.append(record);
    if (log instanceof RecordLog) log.appendGroup(inputs);
    else
      log.batch(
        inputs.map(({ type, key, payload: value }) => ({
          type: VERBS[type as keyof typeof VERBS],
          key,
          value,
        })),
      );
  }

  get activeSegment(): number {
    const { log } = this;
    return log instanceof DataWal ? log.stats().bySegment.at(-1)!.segment : log!.activeSegment;
  }

  /** What an open shows is judged too: the process may have been killed before, or bytes may have been lost unseen. */
  #noteOpen(): void {
    const records = [...this.log!.scan()];
    judgeRecords(records, this.histories);
    const dropped = Math.min(...this.history.droppedCounts);
    const newest = records.at(-1);
    this.history.reopened(newest ? this.history.countThrough(newest.txid) : dropped);
  }

  /** A record that differs from every other one of this world. */
  record(
    type: RecordType,
    keyText: string,
    payloadLen: number,
  ): { type: RecordType; key: Uint8Array; payload: Uint8Array } {
    const payload = new Uint8Array(payloadLen);
    const serial = ++this.#serial;
    for (let index = 0; index < payloadLen; index++) payload[index] = 1 + ((serial * 31 + index * 7) % 255);
    return { type, key: Buffer.from(keyText), payload };
  }

  /** The path of a new publication of this scenario. */
  publication(name: string): Publication {
    const made = { path: join("/published", `${name}-${this.publications.length}`), isAcknowledged: false };
    this.publications.push(made);
    return made;
  }
}

const VERBS = { [RecordType.Put]: "put", [RecordType.Delete]: "delete" } as const;
