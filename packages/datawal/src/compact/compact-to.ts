import { join } from "node:path";
import { type Crc32c, recordWireSize } from "@datawal/format";
import { copyFrameInto } from "@datawal/format/internal";
import { RecordLogError, segmentName } from "@datawal/record-log";
import { FrameMemory, temporaryName } from "@datawal/record-log/internal";
import type { FileSystem, OpenFile } from "@datawal/safeatomic";
import {
  errnoOf,
  makeDurableDirectory,
  publishFile,
  removeIfEmpty,
  type Steps,
} from "@datawal/safeatomic/internal";
import { CHUNK_BYTES, ChunkWriter } from "../chunk-writer.js";
import type { LiveSnapshot } from "../live/live-snapshot.js";

/** What a compaction wrote. */
export interface CompactionResult {
  /** Keys that were live. */
  liveKeys: number;
  /** Records written: one for each live key. */
  recordsWritten: number;
  /** Bytes of the segment. */
  bytesWritten: number;
}

const SEGMENT = segmentName(1);
/** What a compaction that was killed leaves in the target (disk-rules R9), perhaps as a twin of the segment. */
const TEMPORARY = temporaryName(SEGMENT);

/** Writes a snapshot as a store of one segment, whole or not at all; the bytes are the reference's. */
export function* compactSteps(
  fileSystem: FileSystem,
  crc: Crc32c,
  snapshot: LiveSnapshot,
  target: string,
): Steps<CompactionResult> {
  const bytesTotal = yield* snapshot.sort(recordWireSize);
  const isNew = fileSystem.stat(target) === undefined;
  // Also makes the target's own name durable, where it exists and its maker did not.
  yield* makeDurableDirectory(fileSystem, target);
  const directory = fileSystem.realPath(target);
  try {
    requireFree(fileSystem, directory);
    const bytesWritten = yield* publishSegment(fileSystem, directory, (file) =>
      writeFrames(snapshot, crc, file, bytesTotal),
    );
    return { liveKeys: snapshot.count, recordsWritten: snapshot.count, bytesWritten };
  } catch (error) {
    if (isNew) removeIfEmpty(fileSystem, directory);
    throw error;
  }
}

/** By a link, so that whatever gets the segment's name meanwhile stays; a twin is left if the process is killed behind it. */
function* publishSegment(
  fileSystem: FileSystem,
  directory: string,
  write: (file: OpenFile) => Steps<number>,
): Steps<number> {
  const publication = {
    path: join(directory, SEGMENT),
    temporaryPath: join(directory, TEMPORARY),
    ownsTemporary: true,
    replace: false,
  };
  try {
    return yield* publishFile(fileSystem, publication, function* (file) {
      const byteCount = yield* write(file);
      // Somebody's store may begin at another segment.
      requireFree(fileSystem, directory);
      return byteCount;
    });
  } catch (error) {
    if (errnoOf(error) === "EEXIST") requireFree(fileSystem, directory);
    throw error;
  }
}

function* writeFrames(
  snapshot: LiveSnapshot,
  crc: Crc32c,
  file: OpenFile,
  bytesTotal: number,
): Steps<number> {
  const memory = new FrameMemory(crc);
  memory.makeRoom(Math.min(CHUNK_BYTES, bytesTotal), "lent");
  const writer = new ChunkWriter(file, bytesTotal, memory.bytes);
  let txid = 0n;
  try {
    for (const record of snapshot.records()) {
      const len = record.end - record.start;
      if (!writer.hasRoomFor(len)) yield* writer.makeRoom(len);
      copyFrameInto(record, ++txid, writer.chunk, writer.reserve(len), memory.crc);
    }
    return yield* writer.finish();
  } finally {
    memory.release();
  }
}

/** @throws RecordLogError ERR_DATAWAL_TARGET_EXISTS */
function requireFree(fileSystem: FileSystem, directory: string): void {
  const found = fileSystem.list(directory).find(({ name }) => name !== TEMPORARY);
  if (!found) return;
  const message = `${directory}: expected nothing there, or an empty directory, found ${found.name}; nothing was written: choose another target`;
  throw new RecordLogError("ERR_DATAWAL_TARGET_EXISTS", message, { path: directory });
}
