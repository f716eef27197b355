import type { RecordType } from "@datawal/format";
import type { Outcome } from "./refusal.js";

/** What a store is opened as. */
export type Layer = "log" | "kv";

/** Where a record lies. */
export interface Place {
  segment: number;
  offset: number;
  /** Bytes of the frame. */
  len: number;
}

export interface SeenRecord extends Place {
  type: number;
  txid: bigint;
  key: Uint8Array;
  payload: Uint8Array;
}

/** The seven fields that both sides report. */
export interface SeenReport {
  filesScanned: number;
  recordsReplayed: number;
  tailTruncated: number;
  tailBytesDiscarded: number;
  midStreamErrors: number;
  unsupportedVersions: number;
  lastTxidSeen: bigint;
}

export interface SeenPair {
  key: Uint8Array;
  value: Uint8Array;
}

export interface SeenCompaction {
  liveKeys: number;
  recordsWritten: number;
  bytesWritten: number;
}

/** What compaction in place did, as `DataWal.compact` tells it. */
export interface SeenCompactionInPlace {
  recordsMoved: number;
  segmentsRemoved: number[];
  left: { segment: number; reason: string }[];
}

/** One operation of a batch; without a value the key is deleted. */
export interface BatchChange {
  key: Uint8Array;
  value: Uint8Array | undefined;
}

/** What a reader without the lock saw, and what ended its pass too early. */
export interface SeenLog {
  records: SeenRecord[];
  report: SeenReport;
}

/** A store that one side holds open for writing. */
export interface OpenStore {
  readonly layer: Layer;
  /** In a log only. */
  append(payload: Uint8Array): Promise<Place>;
  /** In a log only. */
  appendRecord(type: RecordType, key: Uint8Array, payload: Uint8Array): Promise<Place>;
  /** In a log only. */
  rotate(): Promise<void>;
  /** In a key/value store only. */
  put(key: Uint8Array, value: Uint8Array): Promise<void>;
  /** In a key/value store only. */
  delete(key: Uint8Array): Promise<void>;
  /** In a key/value store only; sorted by key. */
  pairs(): Promise<SeenPair[]>;
  /** In a key/value store only. */
  exportJsonl(path: string): Promise<void>;
  /** In a key/value store only. */
  compactTo(target: string): Promise<SeenCompaction>;
  /** In a key/value store of ours only, and all or nothing. */
  batch?(changes: readonly BatchChange[]): Promise<void>;
  /** In a key/value store of ours only. */
  compact?(minWasteRatio: number): Promise<SeenCompactionInPlace>;
  fsync(): Promise<void>;
  records(): Promise<SeenRecord[]>;
  /** Of the open. */
  report(): Promise<SeenReport>;
  close(): Promise<void>;
}

/** One of the two implementations. */
export interface Side {
  readonly name: "ours" | "reference";
  open(dir: string, layer: Layer): Promise<OpenStore>;
  /** Reads a log without taking its lock. */
  read(dir: string): Promise<Outcome<SeenLog>>;
}
