import { basename, dirname, join } from "node:path";
import { RecordLogError } from "@datawal/record-log";
import type { OptionNames } from "@datawal/record-log/internal";
import type { FileSystem, LongOperationOptions, OpenFile } from "@datawal/safeatomic";
import {
  errnoOf,
  makeDurableDirectory,
  publishFile,
  replaceFile,
  type Steps,
  temporaryPathFor,
} from "@datawal/safeatomic/internal";
import { ChunkWriter } from "../chunk-writer.js";
import type { LiveSnapshot } from "../live/live-snapshot.js";
import { jsonlLineLen, writeJsonlLine } from "./line.js";

export interface ExportOptions extends LongOperationOptions {
  /** Whether a file that has the name already is replaced; true when absent. */
  overwrite?: boolean | undefined;
}

export const EXPORT_OPTIONS: OptionNames<ExportOptions> = { signal: true, onProgress: true, overwrite: true };

/** What an export wrote. */
export interface ExportResult {
  /** Lines: one for each live key. */
  recordsWritten: number;
  /** Bytes of the file. */
  bytesWritten: number;
}

/** Writes a snapshot as JSONL, whole or not at all. */
export function* exportSteps(
  fileSystem: FileSystem,
  snapshot: LiveSnapshot,
  path: string,
  overwrite: boolean,
): Steps<ExportResult> {
  const bytesTotal = yield* snapshot.sort(jsonlLineLen);
  if (!overwrite && fileSystem.stat(path)) throw targetExists(path);
  yield* makeDurableDirectory(fileSystem, dirname(path));
  const write = (file: OpenFile) => writeLines(snapshot, file, bytesTotal);
  const bytesWritten = overwrite
    ? yield* replaceFile(fileSystem, path, undefined, write)
    : yield* makeFile(fileSystem, path, write);
  return { recordsWritten: snapshot.count, bytesWritten };
}

/** Of several that make a file of this name, one succeeds. */
function* makeFile(
  fileSystem: FileSystem,
  name: string,
  write: (file: OpenFile) => Steps<number>,
): Steps<number> {
  const path = join(fileSystem.realPath(dirname(name)), basename(name));
  const temporaryPath = temporaryPathFor(fileSystem, path);
  try {
    return yield* publishFile(fileSystem, { path, temporaryPath, replace: false }, write);
  } catch (error) {
    throw errnoOf(error) === "EEXIST" && fileSystem.stat(path) ? targetExists(name, error) : error;
  }
}

function targetExists(path: string, cause?: unknown): RecordLogError {
  const message = `${path}: expected nothing there, found something; nothing was written: choose another target`;
  return new RecordLogError("ERR_DATAWAL_TARGET_EXISTS", message, { path }, cause);
}

function* writeLines(snapshot: LiveSnapshot, file: OpenFile, bytesTotal: number): Steps<number> {
  const writer = new ChunkWriter(file, bytesTotal);
  for (const record of snapshot.records()) {
    const len = jsonlLineLen(record.payloadStart - record.keyStart, record.payloadEnd - record.payloadStart);
    if (!writer.hasRoomFor(len)) yield* writer.makeRoom(len);
    writeJsonlLine(writer.chunk, writer.reserve(len), record);
  }
  return yield* writer.finish();
}
