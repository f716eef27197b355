import { TextDecoder, TextEncoder } from "node:util";
import type { Crc32c } from "@datawal/format";
import { crcOfRange } from "@datawal/format/internal";
import type { FrameMemory } from "@datawal/record-log/internal";
import type { OpenFile } from "@datawal/safeatomic";
import { appendFully, readFully, type Steps } from "@datawal/safeatomic/internal";
import type { KeydirImage } from "../keydir/image.js";
import type { SpaceImage } from "../live/space.js";

// A line that says of which version it is, and of which machine's order of bytes; the chunks and the pages of the key
// directory as they are in memory; what belongs to them, as JSON; and a last line that says where that begins.
const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
const FIRST_LINE = `keydir-checkpoint 1 ${IS_LITTLE_ENDIAN ? "LE" : "BE"}`.padEnd(31).concat("\n");
const LENGTH_LEN = 10;
const LAST_LINE_LEN = LENGTH_LEN + 10;

/** What a checkpoint covers, by what proves later that nothing of it has changed. */
export interface Coverage {
  /** As the compaction marker names them. */
  removed: string;
  /** Of each segment, as `markSegment` makes it. */
  marks: string[];
  space: SpaceImage;
}

/** What stands behind the memory. A CRC is that of the bytes of one block, signed. */
export interface CheckpointIndex extends Coverage {
  secret: readonly number[] | null;
  chunks: (readonly [number: number, words: number, crc: number])[];
  pages: (readonly [place: number, depth: number, words: number, crc: number])[];
}

const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];

export function* writeCheckpoint(
  file: OpenFile,
  crc: Crc32c,
  coverage: Coverage,
  { secret, chunks, pages }: KeydirImage,
): Steps<void> {
  appendFully(file, encoder.encode(FIRST_LINE));
  const index: CheckpointIndex = { ...coverage, secret: secret ?? null, chunks: [], pages: [] };
  for (const { number, words } of chunks) {
    index.chunks.push([number, words.length, appendBlock(file, words, crc)]);
    yield PROGRESS;
  }
  for (const { place, depth, slots } of pages) {
    index.pages.push([place, depth, slots.length, appendBlock(file, slots, crc)]);
    yield PROGRESS;
  }
  const text = encoder.encode(JSON.stringify(index));
  appendFully(file, text);
  appendFully(file, encoder.encode(lastLineOf(text, crc)));
}

/** @throws RangeError where the file is no checkpoint of this version */
export function readIndex(file: OpenFile, size: number, crc: Crc32c): CheckpointIndex {
  requireChecked(textAt(file, 0, FIRST_LINE.length) === FIRST_LINE);
  const lastLine = textAt(file, size - LAST_LINE_LEN, LAST_LINE_LEN);
  const length = Number(lastLine.slice(0, LENGTH_LEN));
  const at = size - LAST_LINE_LEN - length;
  requireChecked(at >= FIRST_LINE.length);
  const text = bytesAt(file, at, length);
  requireChecked(lastLineOf(text, crc) === lastLine);
  const index = JSON.parse(decoder.decode(text)) as CheckpointIndex;
  const { newestTombstone, segments } = index.space;
  // The segment of a tombstone is -1 where there is none.
  const sizes = [
    ...segments,
    [newestTombstone[1]],
    ...index.chunks.map(([number, words]) => [number, words]),
  ];
  const pages = index.pages.map(([place, depth, words]) => [place, depth, words]);
  requireChecked([...sizes, ...pages].flat().every((value) => Number.isSafeInteger(value) && value >= 0));
  const words = [...index.chunks.map((block) => block[1]), ...index.pages.map((block) => block[2])];
  requireChecked(FIRST_LINE.length + 4 * words.reduce((sum, count) => sum + count, 0) === at);
  return index;
}

/** @returns Drawn, a block that is not what was written throws a RangeError. */
export function readImage(file: OpenFile, index: CheckpointIndex, memory: FrameMemory): KeydirImage {
  let at = FIRST_LINE.length;
  const read = (wordCount: number, crc: number): ArrayBuffer => {
    const byteCount = 4 * wordCount;
    memory.makeRoom(byteCount, "lent");
    const { bytes } = memory;
    requireChecked(readFully(file, bytes, 0, byteCount, at) === byteCount);
    requireChecked(crcOfRange(memory.crc, bytes, 0, byteCount) === crc);
    at += byteCount;
    return bytes.slice(0, byteCount).buffer as ArrayBuffer;
  };
  const { chunks, pages, secret } = index;
  function* readChunks() {
    for (const [number, words, crc] of chunks) yield { number, words: new Uint32Array(read(words, crc)) };
  }
  function* readPages() {
    for (const [place, depth, words, crc] of pages)
      yield { place, depth, slots: new Int32Array(read(words, crc)) };
  }
  return {
    secret: secret === null ? undefined : [secret[0]! | 0, secret[1]! | 0],
    chunks: readChunks(),
    pages: readPages(),
    depth: pages.reduce((most, [, depth]) => Math.max(most, depth), 0),
  };
}

const PROGRESS = { kind: "progress", bytesDone: 0, bytesTotal: 0 } as const;

function lastLineOf(text: Uint8Array, crc: Crc32c): string {
  return `${String(text.length).padStart(LENGTH_LEN)} ${crc(text).toString(16).padStart(8, "0")}\n`;
}

function appendBlock(file: OpenFile, block: Uint32Array | Int32Array, crc: Crc32c): number {
  const bytes = new Uint8Array(block.buffer, block.byteOffset, block.byteLength);
  if (bytes.length > 0) appendFully(file, bytes);
  return crcOfRange(crc, bytes, 0, bytes.length);
}

function textAt(file: OpenFile, offset: number, byteCount: number): string {
  return decoder.decode(bytesAt(file, offset, byteCount));
}

function bytesAt(file: OpenFile, offset: number, byteCount: number): Uint8Array {
  requireChecked(offset >= 0 && Number.isSafeInteger(byteCount));
  const bytes = new Uint8Array(byteCount);
  requireChecked(readFully(file, bytes, 0, byteCount, offset) === byteCount);
  return bytes;
}

function requireChecked(isRight: boolean): asserts isRight {
  if (!isRight)
    throw new RangeError("datawal: expected a checkpoint of the key directory, found other bytes");
}
