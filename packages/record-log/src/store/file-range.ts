import { CRC_LEN } from "@datawal/format";
import type { OpenFile } from "@datawal/safeatomic";
import { appendFully, readFully, type Steps } from "@datawal/safeatomic/internal";
import { segmentChanged } from "./segment-file.js";

/**
 * Bytes read at once: enough for the disk's speed, little enough to stay in the processor's cache until they are looked
 * at, and to take a few milliseconds also before the code is compiled.
 */
export const CHUNK_BYTES = 128 * 1024;

/** All that reading asks of an open file. */
export type ReadableFile = Pick<OpenFile, "readAt">;

/** Some bytes of an open file. */
export interface FileRange {
  file: ReadableFile;
  path: string;
  /** Bytes from the start of the file. */
  offset: number;
  byteCount: number;
}

/** Reads `byteCount` bytes, or says that the file has shrunk: only bytes that were read are evidence (R6). */
export function readExactly(
  file: ReadableFile,
  path: string,
  target: Uint8Array,
  targetOffset: number,
  byteCount: number,
  fileOffset: number,
): void {
  const count = readFully(file, target, targetOffset, byteCount, fileOffset);
  if (count === byteCount) return;
  throw segmentChanged(path, fileOffset + byteCount, fileOffset + count);
}

/** A copy of `byteCount` bytes at `offset`; as {@link readExactly}. */
export function readBytes(file: ReadableFile, path: string, offset: number, byteCount: number): Uint8Array {
  const bytes = new Uint8Array(byteCount);
  readExactly(file, path, bytes, 0, byteCount, offset);
  return bytes;
}

/**
 * Reads a range from front to back.
 *
 * @param use Called with each chunk of at most {@link CHUNK_BYTES}, valid during the call; `false` ends it.
 */
export function* readRange(range: FileRange, use: (chunk: Uint8Array) => unknown): Steps<void> {
  const buffer = new Uint8Array(Math.min(CHUNK_BYTES, range.byteCount));
  for (let done = 0; done < range.byteCount; ) {
    const count = Math.min(buffer.length, range.byteCount - done);
    readExactly(range.file, range.path, buffer, 0, count, range.offset + done);
    if (use(buffer.subarray(0, count)) === false) return;
    done += count;
    yield { kind: "progress", bytesDone: done, bytesTotal: range.byteCount };
  }
}

export function* copyRange(range: FileRange, target: OpenFile): Steps<void> {
  yield* readRange(range, (chunk) => appendFully(target, chunk));
}

/** How many bytes two ranges have in common from their beginnings. */
export function* sharedByteCount(range: FileRange, other: FileRange): Steps<number> {
  const byteCount = Math.min(range.byteCount, other.byteCount);
  const buffer = new Uint8Array(Math.min(CHUNK_BYTES, byteCount));
  let shared = 0;
  yield* readRange({ ...range, byteCount }, (chunk) => {
    const held = buffer.subarray(0, chunk.length);
    readExactly(other.file, other.path, held, 0, held.length, other.offset + shared);
    const areEqual = Buffer.compare(chunk, held) === 0;
    shared += areEqual ? held.length : chunk.findIndex((byte, index) => byte !== held[index]);
    return areEqual;
  });
  return shared;
}

/** Whether two ranges of one length hold the same bytes. */
export function* rangesEqual(range: FileRange, other: FileRange): Steps<boolean> {
  return (yield* sharedByteCount(range, other)) === range.byteCount;
}

const ZEROS = new Uint8Array(CHUNK_BYTES);

/** @param bytes at most {@link CHUNK_BYTES}. */
export function isZero(bytes: Uint8Array): boolean {
  return Buffer.compare(bytes, ZEROS.subarray(0, bytes.length)) === 0;
}

/** The CRC in the last bytes of a frame that ends at an offset. */
export function readCrc(file: ReadableFile, path: string, frameEnd: number): number {
  return new DataView(readBytes(file, path, frameEnd - CRC_LEN, CRC_LEN).buffer).getUint32(0, true);
}
