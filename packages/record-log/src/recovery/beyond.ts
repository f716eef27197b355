import { CRC_LEN, type Crc32c, FrameCursor, HEADER_LEN, MAGIC } from "@datawal/format";
import { type OpenFile, readFully, type Steps } from "@datawal/safeatomic";
import { CHUNK_BYTES } from "../segment-reader.js";

/** A valid frame found behind a damage. */
export interface FoundFrame {
  offset: number;
  len: number;
  txid: bigint;
}

export interface BeyondResult {
  frames: number;
  /** Where the search gave up, if it did: forged headers would have made it cost more than its budget. */
  exhaustedAt: number | undefined;
  /** Bytes that are part of no frame that counts. */
  lost: LostRange[];
}

export interface LostRange {
  offset: number;
  bytes: number;
}

/** How much CRC work a search may do, as a multiple of the region it searches (disk-rules R6). */
const BUDGET_FACTOR = 4;

/**
 * Searches [from, size) of a file for valid frames, in physical order, where a frame should start at `from` and does
 * not (disk-rules R6).
 *
 * A frame counts if its CRC is good and its txid exceeds `afterTxid`. Within the extent that a damaged frame's header
 * announces, more is asked, since a payload may hold a copy of a log: the frame must continue the txids, and neither
 * a valid frame nor the end of the file may stand at the extent's end.
 *
 * @param onFrame Called for each frame that counts.
 */
export function* searchBeyond(
  file: OpenFile,
  from: number,
  size: number,
  afterTxid: bigint,
  crc: Crc32c,
  onFrame?: (frame: FoundFrame) => Steps<void>,
): Steps<BeyondResult> {
  const region = new Region(file, size, crc, BUDGET_FACTOR * (size - from) + CHUNK_BYTES);
  const result: BeyondResult = { frames: 0, exhaustedAt: undefined, lost: [] };
  const prefix = { lastTxid: afterTxid, afterTxid };
  let at = from;
  try {
    while (at < size) {
      const frame = yield* nextFrame(region, at, prefix);
      const lostEnd = frame?.offset ?? size;
      if (lostEnd > at) result.lost.push({ offset: at, bytes: lostEnd - at });
      if (!frame) break;
      if (onFrame) yield* onFrame(frame);
      result.frames++;
      prefix.lastTxid = frame.txid;
      at = frame.offset + frame.len;
      yield { kind: "progress", bytesDone: at - from, bytesTotal: size - from };
    }
  } catch (error) {
    if (!(error instanceof BudgetExhausted)) throw error;
    result.exhaustedAt = at;
    result.lost.push({ offset: at, bytes: size - at });
  }
  return result;
}

interface TxidsSoFar {
  /** Of the valid prefix before the first damage. */
  afterTxid: bigint;
  /** Of the last frame that counted. */
  lastTxid: bigint;
}

/** The first frame that counts, at or behind a place where a frame should start. */
function* nextFrame(region: Region, from: number, txids: TxidsSoFar): Steps<FoundFrame | undefined> {
  for (let at = from; at < region.size; ) {
    const frame = yield* region.frameAt(at);
    if (frame && frame.txid > txids.afterTxid) return frame;
    const extentEnd = at + (frame?.len ?? region.announcedLen(at));
    const extentIsWhole = extentEnd === region.size || (extentEnd > at && (yield* region.frameAt(extentEnd)));
    if (!frame && !extentIsWhole) return yield* searchFrom(region, at + 1, extentEnd, txids);
    at = extentEnd;
  }
  return undefined;
}

/** Goes from magic to magic until a frame counts. A valid frame that does not count is passed over whole. */
function* searchFrom(
  region: Region,
  from: number,
  extentEnd: number,
  txids: TxidsSoFar,
): Steps<FoundFrame | undefined> {
  let candidate = yield* region.nextMagic(from);
  while (candidate !== undefined) {
    const frame = yield* region.frameAt(candidate);
    if (frame && (candidate < extentEnd ? continues(frame, txids) : frame.txid > txids.afterTxid))
      return frame;
    candidate = yield* region.nextMagic(candidate + (frame?.len ?? 1));
  }
  return undefined;
}

/** The reference restarts behind the prefix at every open of a torn log, so that txid may return. */
function continues({ txid }: FoundFrame, { lastTxid, afterTxid }: TxidsSoFar): boolean {
  return txid === lastTxid + 1n || txid === afterTxid + 1n;
}

class BudgetExhausted extends Error {}

/** Random access to a file through one reused window, counting the CRC work. */
class Region {
  readonly size: number;
  readonly #file: OpenFile;
  readonly #crc: Crc32c;
  readonly #cursor = new FrameCursor();
  readonly #window: Uint8Array;
  #windowOffset = 0;
  #windowLength = 0;
  #budget: number;

  constructor(file: OpenFile, size: number, crc: Crc32c, budget: number) {
    this.#file = file;
    this.size = size;
    this.#crc = crc;
    this.#budget = budget;
    this.#window = new Uint8Array(Math.min(CHUNK_BYTES, size));
  }

  /** Up to `byteCount` bytes at `offset`, fewer at the end of the file. A view, valid until the next call. */
  bytes(offset: number, byteCount: number): Uint8Array {
    const end = Math.min(offset + byteCount, this.size);
    if (offset < this.#windowOffset || end > this.#windowOffset + this.#windowLength) {
      this.#windowOffset = offset;
      const wanted = Math.min(this.#window.length, this.size - offset);
      this.#windowLength = readFully(this.#file, this.#window, 0, wanted, offset);
    }
    return this.#window.subarray(offset - this.#windowOffset, end - this.#windowOffset);
  }

  /** Bytes of the frame that a sane header here announces; 0 where there is none. */
  announcedLen(offset: number): number {
    const cursor = this.#cursor;
    return cursor.readHeader(this.bytes(offset, HEADER_LEN), 0) === "header" ? cursor.end : 0;
  }

  /** The frame that starts exactly here, if its header is sane, it ends inside the file and its CRC is good. */
  *frameAt(offset: number): Steps<FoundFrame | undefined> {
    const len = this.announcedLen(offset);
    const { txid } = this.#cursor;
    if (len === 0 || offset + len > this.size) return undefined;
    this.#budget -= len;
    if (this.#budget < 0) throw new BudgetExhausted();
    const computed = yield* this.#crcOf(offset, len - CRC_LEN);
    const stored = this.bytes(offset + len - CRC_LEN, CRC_LEN);
    const isGood = new DataView(stored.buffer, stored.byteOffset, CRC_LEN).getUint32(0, true) === computed;
    return isGood ? { offset, len, txid } : undefined;
  }

  /** Where the next magic starts, at `from` or behind. */
  *nextMagic(from: number): Steps<number | undefined> {
    for (let offset = from; offset + HEADER_LEN <= this.size; ) {
      const piece = this.bytes(offset, CHUNK_BYTES);
      const found = Buffer.from(piece.buffer, piece.byteOffset, piece.length).indexOf(MAGIC);
      if (found >= 0) return offset + found;
      offset += piece.length - (MAGIC.length - 1);
      yield { kind: "progress", bytesDone: offset, bytesTotal: this.size };
    }
    return undefined;
  }

  *#crcOf(offset: number, byteCount: number): Steps<number> {
    let crc = 0;
    for (let done = 0; done < byteCount; ) {
      const piece = this.bytes(offset + done, Math.min(CHUNK_BYTES, byteCount - done));
      crc = this.#crc(piece, crc);
      done += piece.length;
      if (done < byteCount) yield { kind: "progress", bytesDone: offset + done, bytesTotal: this.size };
    }
    return crc;
  }
}
