import type { FileSystem } from "@datawal/safeatomic";
import {
  type LogRecord,
  type OpenOptions,
  RecordLog,
  RecordLogReader,
  type RecoveryReport,
} from "../../src/index.js";

import { STORE } from "./store-files.js";

/** What one open shows of a log. */
export interface ReadBack {
  records: LogRecord[];
  report: RecoveryReport;
}

/** Opens a log for writing, reads all of it, closes it. */
export function readBack(fileSystem: FileSystem, options: OpenOptions = {}, directory = STORE): ReadBack {
  const log = RecordLog.openSync(directory, { fileSystem, ...options });
  try {
    return { records: [...log.scan()], report: log.recoveryReport() };
  } finally {
    log.closeSync();
  }
}

/** The same through a reader, which changes nothing. */
export function readOnly(fileSystem: FileSystem, directory = STORE): ReadBack {
  const reader = RecordLogReader.openSync(directory, { fileSystem });
  try {
    return { records: [...reader.scan()], report: reader.recoveryReport() };
  } finally {
    reader.closeSync();
  }
}

/** What a call throws. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("expected an error, the call succeeded");
}
