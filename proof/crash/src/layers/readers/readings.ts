import { isWithoutGaps } from "@datawal/oracle";
import {
  type LogRecord,
  RecordLogReader,
  type RecordRef,
  snapshotToSync,
  verifyLogSync,
} from "@datawal/record-log";
import type { FileSystem } from "@datawal/safeatomic";
import { DataWalReader } from "datawal";
import { treeOf } from "../failing-calls/disk-tree.js";
import { requireCode } from "./codes.js";

/** An operation that reads a store while others change it. */
export interface Reading {
  name: string;
  /**
   * Where it shows more than pairs at one look, which beside a compaction in place need not be those of one moment: a
   * record beside the one that it was moved to, in a copy too, or each key's value as it is when it is asked.
   */
  shows?: "records" | "values" | "copy";
  /** Opens what it works on, while nothing changes. */
  start(directory: string, port: FileSystem): Session;
}

export interface Session {
  /** The operation. What it shows, as a text: what one state of the store shows. */
  operate(): string;
  /** Whether it shows the store as it was when `start` opened it, and not as it is now. */
  isOfHandle?: boolean;
  /** No where it has open all that it reads: names that go away, and segments that come, keep it from nothing. */
  mayFail?(): boolean;
  /** What the handle shows when it is asked again: the same, or a coded error; nothing where none was opened. */
  again?(): string | undefined;
  /** What it shows after a refresh. */
  catchUp?(): string | undefined;
  close?(): void;
}

const KEYS = ["a", "b", "c", "d", "e", "gone"];
const COPY = "/copies/copy";

export function describeRecord({ type, txid, key, payload, segment, offset }: Shown): string {
  return `${segment}:${offset} type ${type} txid ${txid} ${text(key)}=${text(payload)}`;
}

type Shown = Pick<LogRecord, "type" | "txid" | "key" | "payload" | "segment" | "offset">;

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/** A reader of records that keeps what it was given, as a state machine would. */
class Replica {
  readonly reader: RecordLogReader;
  #records: string[] = [];

  constructor(directory: string, fileSystem: FileSystem) {
    this.reader = RecordLogReader.openSync(directory, {
      fileSystem,
      replay: (record) => void this.#records.push(describeRecord(record)),
      onReset: () => {
        this.#records = [];
      },
    });
  }

  show(): string {
    const { warnings, damageReason } = this.reader.recoveryReport();
    const holes = warnings
      .map(({ kind }) => kind)
      .filter((kind) => kind.endsWith("segment") || kind.endsWith("gap"));
    return [...this.#records, `segments ${this.reader.segments}`, damageReason ?? "sound", ...holes].join(
      "\n",
    );
  }

  scan(): string {
    return [...this.reader.scan()].map(describeRecord).join("\n");
  }

  refresh(): string {
    this.reader.refreshSync();
    return this.show();
  }

  session(operate: () => string): Session {
    return {
      operate,
      again: () => this.scan(),
      catchUp: () => this.refresh(),
      close: () => this.reader.closeSync(),
    };
  }
}

function openStore(directory: string, fileSystem: FileSystem): DataWalReader {
  return DataWalReader.openSync(directory, { fileSystem });
}

function refreshed(reader: DataWalReader): string {
  reader.refreshSync();
  return showPlaces(reader);
}

function refsOf(reader: RecordLogReader): RecordRef[] {
  return [...reader.scan()].map(({ segment, offset, len, txid }) => ({ segment, offset, len, txid }));
}

/** A refresh that ends when it has begun to read, or fails. Returns whether it did, and has not come to its end. */
function giveUp(reader: RecordLogReader): boolean {
  const reason = new Error("given up");
  let stepCount = 0;
  const onProgress = () => {
    if (stepCount++ > 0) throw reason;
  };
  try {
    reader.refreshSync({ onProgress });
    return false;
  } catch (error) {
    if (error !== reason) requireCode(error);
    return true;
  }
}

/** Keys and where their values lie: what the reader knows without looking again. */
function showPlaces(reader: DataWalReader): string {
  return [...reader.keys()].map((key) => `${text(key)} ${JSON.stringify(reader.refOf(key))}`).join("\n");
}

function showValues(reader: DataWalReader): string {
  return KEYS.map((key) => `${key}=${text(reader.get(key) ?? new Uint8Array(0))}`).join("\n");
}

function showEntries(reader: DataWalReader): string {
  return [...reader].map(([key, value]) => `${text(key)}=${text(value)}`).join("\n");
}

function ofStore(reader: DataWalReader, operate: () => string): Session {
  return {
    operate,
    again: () => showValues(reader),
    catchUp: () => refreshed(reader),
    close: () => reader.closeSync(),
  };
}

/** Operations on a handle: it was opened before, and read from where it `isWarm`. */
function onStore(name: string, isWarm: boolean, operate: (reader: DataWalReader) => string): Reading {
  return {
    name,
    ...(operate === showValues && { shows: "values" as const }),
    start(directory, port) {
      const reader = openStore(directory, port);
      if (isWarm) showValues(reader);
      return { ...ofStore(reader, () => operate(reader)), isOfHandle: true };
    },
  };
}

function onLog(name: string, operate: (replica: Replica) => string): Reading {
  return {
    name,
    shows: "records",
    start(directory, port) {
      const replica = new Replica(directory, port);
      return { ...replica.session(() => operate(replica)), isOfHandle: true };
    },
  };
}

/** What was published. */
export function showTree(disk: FileSystem): string {
  const files = Object.entries(treeOf(disk, "/copies"));
  return files.map(([path, bytes]) => `${path} ${text(bytes)}`).join("\n");
}

export const READINGS: readonly Reading[] = [
  {
    name: "open",
    shows: "records",
    start(directory, port) {
      let replica: Replica | undefined;
      return {
        operate() {
          replica = new Replica(directory, port);
          return replica.show();
        },
        again: () => replica?.scan(),
        catchUp: () => replica?.refresh(),
        close: () => replica?.reader.closeSync(),
      };
    },
  },
  {
    name: "open of pairs",
    start(directory, port) {
      let reader: DataWalReader | undefined;
      return {
        operate() {
          reader = openStore(directory, port);
          return showPlaces(reader);
        },
        again: () => reader && showValues(reader),
        catchUp: () => reader && refreshed(reader),
        close: () => reader?.closeSync(),
      };
    },
  },
  {
    name: "refresh",
    shows: "records",
    start(directory, port) {
      const replica = new Replica(directory, port);
      return replica.session(() => replica.refresh());
    },
  },
  {
    name: "refresh of pairs",
    start(directory, port) {
      const reader = openStore(directory, port);
      showValues(reader);
      return ofStore(reader, () => refreshed(reader));
    },
  },
  {
    name: "refresh that is given up",
    shows: "records",
    start(directory, port) {
      const replica = new Replica(directory, port);
      const refs = refsOf(replica.reader);
      const show = () => refs.map((ref) => describeRecord(replica.reader.read(ref))).join("\n");
      show();
      let isGivenUp = false;
      const operate = () => {
        isGivenUp = giveUp(replica.reader);
        return show();
      };
      return { ...replica.session(operate), isOfHandle: true, mayFail: () => !isGivenUp };
    },
  },
  onLog("scan", (replica) => replica.scan()),
  onLog("read", ({ reader }) => {
    return refsOf(reader)
      .reverse()
      .map((ref) => describeRecord(reader.read(ref)))
      .join("\n");
  }),
  onStore("get", false, showValues),
  onStore("get again", true, showValues),
  onStore("entries", false, showEntries),
  onStore("exportJsonl", false, (reader) => JSON.stringify(reader.exportJsonlSync(COPY))),
  onStore("compactTo", false, (reader) => JSON.stringify(reader.compactToSync(COPY))),
  {
    name: "snapshotTo",
    shows: "copy",
    start: (directory, fileSystem) => ({
      operate: () => {
        snapshotToSync(directory, COPY, { fileSystem });
        isWithoutGaps(verifyLogSync(COPY, { fileSystem }).report);
        using copy = openStore(COPY, fileSystem);
        return showEntries(copy);
      },
    }),
  },
  {
    name: "verifyLog",
    shows: "records",
    start: (directory, fileSystem) => ({
      operate() {
        const records: string[] = [];
        const replay = (record: Shown) => void records.push(describeRecord(record));
        const onReset = () => void records.splice(0);
        const { verdict, segments, damages } = verifyLogSync(directory, { fileSystem, replay, onReset });
        const places = segments.map(({ segment, records: count }) => `${segment}: ${count}`);
        return [
          ...records,
          verdict,
          ...places,
          ...damages.map(({ reason, offset }) => `${reason} at ${offset}`),
        ].join("\n");
      },
    }),
  },
];
