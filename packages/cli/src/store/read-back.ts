import { isRecordLogError } from "@datawal/record-log";
import { type DataWalReader, isDataWalError } from "datawal";

export interface ReadBack {
  keysChecked: number;
  /** Keys whose record is not, or no longer, the one that the log had when it was opened. */
  keysUnreadable: number;
}

/**
 * Reads the value of every live key of an open store, as `get` would.
 *
 * @param onUnreadable Told why, once for each such key.
 * @param pause Awaited from time to time: it may report how far this is, and throw to end it.
 */
export async function readBack(
  reader: DataWalReader,
  onUnreadable: (key: Uint8Array, error: Error) => void,
  pause: (bytesDone: number, bytesTotal: number) => Promise<void>,
): Promise<ReadBack> {
  const result: ReadBack = { keysChecked: 0, keysUnreadable: 0 };
  const bytesTotal = reader.stats().liveBytes;
  let bytesDone = 0;
  let bytesAtPause = 0;
  for (const key of reader.keys()) {
    result.keysChecked++;
    try {
      reader.get(key);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      result.keysUnreadable++;
      onUnreadable(key, error);
    }
    bytesDone += reader.refOf(key)?.len ?? 0;
    if (bytesDone - bytesAtPause < PAUSE_BYTES) continue;
    bytesAtPause = bytesDone;
    await pause(bytesDone, bytesTotal);
  }
  return result;
}

/** As the libraries do: their long operations stop after pieces of this size. */
const PAUSE_BYTES = 1 << 20;

function isUnreadable(error: unknown): error is Error {
  return (
    isRecordLogError(error, "ERR_DATAWAL_RECORD_UNREADABLE") ||
    isDataWalError(error, "ERR_DATAWAL_RECORD_MISMATCH")
  );
}
