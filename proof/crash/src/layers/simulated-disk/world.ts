import { join } from "node:path";
import { RecordLog } from "@datawal/record-log";
import type { FaultyFileSystem, PortCall, SimulatedDisk } from "@datawal/safeatomic/testing";
import { changesDisk, createSimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { History } from "./history.js";
import { judgeRecords } from "./judge.js";
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
}

/**
 * A simulated disk with one store on it, the process that works on it, and what that process knows. Before each call of
 * the port that changes something, and after each operation, `onMoment` is asked what a crash then would leave.
 */
export class World {
  readonly disk: SimulatedDisk;
  readonly fileSystem: FaultyFileSystem;
  readonly calls: PortCall[] = [];
  readonly publications: Publication[] = [];
  /** What the store may be: two histories while one store is put in the place of another. */
  histories = [new History()];
  /** Whether the store may refuse to open because a swap was cut in two. */
  isSwapping = false;
  log: RecordLog | undefined;
  operation = "open";
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
    this.fileSystem = withFaults(disk, (call) => {
      if (changesDisk(call)) this.moment(call);
      this.calls.push(call);
    });
  }

  get history(): History {
    return this.histories[0]!;
  }

  moment(call?: PortCall): void {
    this.#onMoment({ index: this.#momentCount++, operation: this.operation, call }, this);
  }

  /** The open log; a killed or closed one is opened again. */
  async opened(): Promise<RecordLog> {
    return this.log ?? (await this.open());
  }

  async open(): Promise<RecordLog> {
    const options = { ...this.#options, fileSystem: this.fileSystem };
    this.log = await RecordLog.open(STORE, options);
    this.#noteOpen();
    return this.log;
  }

  openSync(): RecordLog {
    this.log = RecordLog.openSync(STORE, { ...this.#options, fileSystem: this.fileSystem });
    this.#noteOpen();
    return this.log;
  }

  /** What an open shows is judged too: the process may have been killed before, or bytes may have been lost unseen. */
  #noteOpen(): void {
    const records = [...this.log!.scan()];
    judgeRecords(records, this.histories);
    const dropped = Math.min(...this.history.droppedCounts);
    this.history.reopened(Number(records.at(-1)?.txid ?? dropped));
  }

  /** A record that differs from every other one of this world. */
  record(
    type: number,
    keyText: string,
    payloadLen: number,
  ): { type: number; key: Uint8Array; payload: Uint8Array } {
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
