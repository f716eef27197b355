import { join } from "node:path";
import { crc32c } from "@datawal/format";
import type { FileSystem } from "@datawal/safeatomic";
import { segmentName } from "../../src/store/store-names.js";
import { fileNumbersOf, formatSyncNote, parseSyncNote, type SyncNote } from "../../src/store/sync-note.js";
import { readFile, STORE } from "./store-files.js";

/** Leaves a sync note in a store's lock file as a writer does that died since; by default about the segment's file. */
export function leaveNote(
  fileSystem: FileSystem,
  { segment, size, file }: Omit<SyncNote, "file"> & { file?: string },
): void {
  const identity = fileSystem.stat(`${STORE}/${segmentName(segment)}`)?.identity ?? ":0";
  leaveNoteText(fileSystem, formatSyncNote({ segment, size, file: file ?? fileNumbersOf(identity) }, crc32c));
}

/** The same with any text. */
export function leaveNoteText(fileSystem: FileSystem, line: string): void {
  const lock = fileSystem.lock(join(STORE, ".lock"), "1");
  if (lock.state !== "held") throw new Error("the store is in use");
  lock.writeNote(line);
  lock.release();
}

/** The note that the lock file has, if it is a good one. */
export function noteIn(fileSystem: FileSystem): SyncNote | undefined {
  const [, line = ""] = new TextDecoder().decode(readFile(fileSystem, ".lock")).split("\n");
  return parseSyncNote(line, crc32c);
}
