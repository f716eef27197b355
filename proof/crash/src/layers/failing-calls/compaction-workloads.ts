import { RecordType } from "@datawal/format";
import {
  hasOpened,
  hasPairsOf,
  isIdempotent,
  isRightAnswer,
  isWithoutGaps,
  type OracleRecord,
  OracleViolation,
} from "@datawal/oracle";
import type { FileSystem } from "@datawal/safeatomic";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal, isRecordLogError } from "datawal";
import { preparedOnce } from "./disk-tree.js";
import { readBack, STORE } from "./judge-log.js";
import type { Session, Workload } from "./workload.js";

const SEGMENT_BYTES_MAX = 100;

/** Overwritten and deleted keys over several segments. */
const filled = preparedOnce(() => {
  const disk = createSimulatedDisk();
  const db = DataWal.openSync(STORE, { fileSystem: disk, segmentBytesMax: SEGMENT_BYTES_MAX });
  const users = new Users(db);
  for (const use of ["a1", "b1", "a2", "c1", "-b", "a3", "c2", "d1", "-d"]) users.use(use);
  db.closeSync();
  return disk;
});

/** Users of a store, who note what they change. */
class Users {
  readonly changes: OracleRecord[] = [];
  /** How many of them may not be gone any more. */
  acknowledged: number;
  readonly #db: DataWal;

  constructor(db: DataWal) {
    this.#db = db;
    for (const { type, txid, key, payload } of db.scan()) this.changes.push({ type, txid, key, payload });
    this.acknowledged = this.changes.length;
  }

  /** @param use `sync`, `seal`, a key and a digit to put it, or `-` and a key to delete it. */
  use(use: string): void {
    if (use === "sync" || use === "seal") {
      if (use === "sync") this.#db.fsyncSync();
      else this.#db.rotateSync();
      this.acknowledged = this.changes.length;
    } else if (use.startsWith("-")) {
      this.#db.delete(use.slice(1));
      this.#note(RecordType.Delete, use.slice(1), "");
    } else {
      this.#db.put(use.slice(0, 1), `value ${use}`);
      this.#note(RecordType.Put, use.slice(0, 1), `value ${use}`);
    }
  }

  #note(type: RecordType, key: string, payload: string): void {
    this.changes.push({ type, txid: 0n, key: Buffer.from(key), payload: Buffer.from(payload) });
  }
}

const BESIDE = ["d2", "sync", "-a", "b2", "seal", "c3"];

const WAYS: Readonly<
  Record<string, { isAsync: boolean; beside: readonly string[]; minWasteRatio?: number }>
> = {
  compact: { isAsync: true, beside: BESIDE },
  compactSync: { isAsync: false, beside: [] },
  "compactSync-of-much-waste": { isAsync: false, beside: BESIDE, minWasteRatio: 0.6 },
};

export const compactionWorkloads: Workload[] = Object.entries(WAYS).map(([name, way]) => ({
  name: `store-${name}`,
  takesSignal: true,
  prepare: filled,
  start: (port) => startCompaction(port, way),
}));

function startCompaction(
  port: FileSystem,
  { isAsync, beside, minWasteRatio }: (typeof WAYS)[string],
): Session {
  const db = DataWal.openSync(STORE, { fileSystem: port, segmentBytesMax: SEGMENT_BYTES_MAX });
  const { lastTxidSeen } = db.recoveryReport();
  const users = new Users(db);
  const left = [...beside];
  return {
    async operate(signal) {
      const onProgress = () => {
        const use = left.shift();
        if (use) users.use(use);
      };
      const options = { signal, onProgress, minWasteRatio };
      try {
        if (isAsync) await db.compact(options);
        else db.compactSync(options);
      } catch (error) {
        if (isRecordLogError(error, "ERR_DATAWAL_DROP_FAILED") && !db.isPoisoned)
          throw new OracleViolation(
            "9 compaction",
            "a failure behind what was written again does not poison",
          );
        throw error;
      }
    },
    inspect: (mayThrow) => isRightAnswer(users.changes, (key) => db.get(key), { mayThrow }),
    close: () => db.close(),
    judge({ disk, ending }) {
      const least = ending === "kill" ? users.changes.length : users.acknowledged;
      const first = readBack(disk);
      const newest = first.records.at(-1)?.txid ?? 0n;
      if (newest < lastTxidSeen)
        throw new OracleViolation("9 compaction", `txid ${newest + 1n} would be given again`);
      isWithoutGaps(first.report);
      hasPairsOf(first.records, users.changes, least);
      disk.cutPower();
      isIdempotent(first, readBack(disk));
      const again = reopened(disk);
      again.compactSync();
      hasPairsOf([...again.scan()], users.changes, least);
      again.closeSync();
    },
  };
}

function reopened(fileSystem: FileSystem): DataWal {
  try {
    return DataWal.openSync(STORE, { fileSystem, recover: "strict" });
  } catch (error) {
    hasOpened(error);
    throw error;
  }
}
