import type { FileSystem } from "@datawal/safeatomic";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { type LogRecord, type OpenOptions, RecordLog, RecordLogReader } from "../../src/index.js";
import { STORE } from "./store-files.js";

/** A log in {@link STORE}, open for writing; on an empty disk of its own when none is given. */
export function openLog(
  fileSystem: FileSystem = createSimulatedDisk(),
  options: OpenOptions = {},
): RecordLog {
  return RecordLog.openSync(STORE, { fileSystem, ...options });
}

export function openReader(fileSystem: FileSystem): RecordLogReader {
  return RecordLogReader.openSync(STORE, { fileSystem });
}

/** The payloads of records, as text. */
export function payloadsOf(records: Iterable<LogRecord>): string[] {
  return Array.from(records, ({ payload }) => new TextDecoder().decode(payload));
}

/** What a log on this disk has, read from the disk after all that came before. */
export function payloadsOnDisk(fileSystem: FileSystem): string[] {
  const reader = openReader(fileSystem);
  try {
    return payloadsOf(reader.scan());
  } finally {
    reader.closeSync();
  }
}
