import { CRC_LEN, type Crc32c, FrameCursor, HEADER_LEN, MAGIC } from "@datawal/format";
import { type OpenFile, readFully, type Steps } from "@datawal/safeatomic";
import { CHUNK_BYTES } from "../segment-reader.js";
import { hasBelievableLengths } from "./inspection.js";

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

/** Where the lengths of key and payload begin in a header; they are its last fields. */
const LENGTHS_OFFSET = HEADER_LEN - 8;

/** How much CRC work a search may do, as a multiple of the region it searches (disk-rules R6). */
const BUDGET_FACTOR = 4;

/**
 * Searches [from, size) of a file for valid frames, in physical order, where a frame should start at `from` and does
 * not (disk-rules R6).
 *
 * A frame counts if its CRC is good and its txid exceeds `afterTxid`. A payload may hold a copy of a log, so a damaged
 * frame is passed over whole where its extent is known: where its header with one bit turned back agrees with its
 * CRC, or where a valid frame or the end of the file stands at the end of the extent that it claims. Where it is not
 * known, a frame within the extent that a sane header announces counts only if it continues the txids.
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
    const len = frame?.len ?? (yield* damagedFrameLen(region, at));
    if (len === undefined) return yield* searchFrom(region, at + 1, at + region.announcedLen(at), txids);
    const overrun = frame ? undefined : yield* searchOverrun(region, at + 1, at + len, txids);
    if (overrun) return overrun;
    at += len;
  }
  return undefined;
}

/**
 * Bytes of the damaged frame that starts here, where they can be known. The claimed lengths come second: a wrong one
 * may happen to end where another frame does, or where a frame within the payload begins.
 */
function* damagedFrameLen(region: Region, at: number): Steps<number | undefined> {
  const proven = yield* region.lenWithOneBitTurned(at);
  if (proven !== undefined) return proven;
  const claimed = region.claimedLen(at);
  const isWhole = claimed > 0 && (at + claimed === region.size || (yield* region.frameAt(at + claimed)));
  return isWhole ? claimed : undefined;
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

/**
 * Within an extent that seems whole, looks for frames, one behind the other, that run into its last four bytes. There a
 * frame has its CRC, so that nothing nested in its payload reaches them: such frames were appended behind a torn one,
 * and happen to end where it would have ended.
 */
function* searchOverrun(
  region: Region,
  from: number,
  extentEnd: number,
  txids: TxidsSoFar,
): Steps<FoundFrame | undefined> {
  let candidate = yield* region.nextMagic(from);
  while (candidate !== undefined && candidate < extentEnd) {
    const first = yield* region.frameAt(candidate);
    if (first && continues(first, txids) && (yield* runsInto(region, first, extentEnd - CRC_LEN)))
      return first;
    candidate = yield* region.nextMagic(candidate + (first?.len ?? 1));
  }
  return undefined;
}

/** Whether this frame, and those directly behind it, go on past `end`. */
function* runsInto(region: Region, first: FoundFrame, end: number): Steps<boolean> {
  let at = first.offset + first.len;
  while (at <= end) {
    const next = yield* region.frameAt(at);
    if (!next) return false;
    at += next.len;
  }
  return true;
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

  /** Bytes of the frame that starts here by its length fields alone, 0 where these exceed the limits or are not there. */
  claimedLen(offset: number): number {
    const header = this.bytes(offset, HEADER_LEN);
    return header.length < HEADER_LEN ? 0 : this.#claimedLen(header);
  }

  /** Bytes of the frame that starts here if one turned bit in its lengths is all that is wrong with it: the CRC proves it. */
  *lenWithOneBitTurned(offset: number): Steps<number | undefined> {
    const header = this.bytes(offset, HEADER_LEN).slice();
    if (header.length < HEADER_LEN) return undefined;
    for (let bit = LENGTHS_OFFSET * 8; bit < HEADER_LEN * 8; bit++) {
      header[bit >> 3]! ^= 1 << (bit & 7);
      const len = this.#claimedLen(header);
      if (this.#mayEndAt(offset, len) && (yield* this.#isGood(offset, len, header))) return len;
      header[bit >> 3]! ^= 1 << (bit & 7);
    }
    return undefined;
  }

  /** The frame that starts exactly here, if its header is sane, it ends inside the file and its CRC is good. */
  *frameAt(offset: number): Steps<FoundFrame | undefined> {
    const len = this.announcedLen(offset);
    const { txid } = this.#cursor;
    if (len === 0 || offset + len > this.size) return undefined;
    const header = this.bytes(offset, HEADER_LEN).slice();
    return (yield* this.#isGood(offset, len, header)) ? { offset, len, txid } : undefined;
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

  #claimedLen(header: Uint8Array): number {
    this.#cursor.readHeader(header, 0);
    return hasBelievableLengths(this.#cursor) ? this.#cursor.end : 0;
  }

  /** Whether the end of the file or something like a frame stands where a frame of this length ends. */
  #mayEndAt(offset: number, len: number): boolean {
    const end = offset + len;
    return len > 0 && (end === this.size || (end < this.size && this.announcedLen(end) > 0));
  }

  /** Whether the CRC that stands at the end of these bytes is theirs, with this header in place of their own. */
  *#isGood(offset: number, len: number, header: Uint8Array): Steps<boolean> {
    this.#budget -= len;
    if (this.#budget < 0) throw new BudgetExhausted();
    const bodyLen = len - HEADER_LEN - CRC_LEN;
    const computed = yield* this.#crcOf(offset + HEADER_LEN, bodyLen, this.#crc(header));
    const stored = this.bytes(offset + len - CRC_LEN, CRC_LEN);
    return new DataView(stored.buffer, stored.byteOffset, CRC_LEN).getUint32(0, true) === computed;
  }

  *#crcOf(offset: number, byteCount: number, seed: number): Steps<number> {
    let crc = seed;
    for (let done = 0; done < byteCount; ) {
      const piece = this.bytes(offset + done, Math.min(CHUNK_BYTES, byteCount - done));
      crc = this.#crc(piece, crc);
      done += piece.length;
      if (done < byteCount) yield { kind: "progress", bytesDone: offset + done, bytesTotal: this.size };
    }
    return crc;
  }
}
