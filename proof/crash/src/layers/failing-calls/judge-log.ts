import {
  areGroupsWhole,
  hasOpened,
  isContiguous,
  isIdempotent,
  isPrefixWithAcknowledged,
  isRightAnswer,
  isWithoutLeak,
  type OracleRecord,
  OracleViolation,
  type Recovered,
} from "@datawal/oracle";
import type { SimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal } from "datawal";
import type { Ledger } from "./ledger.js";
import type { Aftermath } from "./workload.js";

export const STORE = "/store";

/**
 * Opens the store again, twice, with a power cut in between, and asks the oracle: what was appended is there after a
 * kill, what was acknowledged after a power cut; and what an open has found is durable.
 */
export function judgeLog({ disk, ending }: Pick<Aftermath, "disk" | "ending">, ledger: Ledger): void {
  const { appended, doubtful, acknowledged } = ledger;
  const least = ending === "kill" ? appended.length : acknowledged;
  const first = readBack(disk);
  const dropped = droppedCount(first.records, ledger);
  isPrefixWithAcknowledged(first.records, [...appended, ...doubtful].slice(dropped), least - dropped);
  isContiguous(first.records);
  areGroupsWhole(first.records);
  disk.cutPower();
  isIdempotent(first, readBack(disk));
  isWithoutLeak({ openFileCount: 0, heldLockCount: 0, names: disk.list(STORE).map(({ name }) => name) });
}

/**
 * Opens a store for writing and reads all of it; its answers are judged by its own records. The process then ends, so
 * that closing makes nothing durable.
 */
export function readBack(disk: SimulatedDisk, directory = STORE): Recovered {
  const db = opened(disk, directory);
  const recovered = { records: [...db.scan()], report: db.recoveryReport() };
  isRightAnswer(recovered.records, (key) => db.get(key));
  disk.killProcess();
  return recovered;
}

function opened(disk: SimulatedDisk, directory: string): DataWal {
  try {
    return DataWal.openSync(directory, { fileSystem: disk });
  } catch (error) {
    hasOpened(error);
    throw error;
  }
}

/** How many records the log has lost at its start: only whole segments that were to be dropped. */
function droppedCount([first]: readonly OracleRecord[], { appended, droppable }: Ledger): number {
  if (!first || !appended[0]) return 0;
  const dropped = Number(first.txid - appended[0].txid);
  if (dropped >= 0 && dropped <= droppable) return dropped;
  throw new OracleViolation(
    "1 durable",
    `the log begins with txid ${first.txid}, ${droppable} may be dropped`,
  );
}
