import { type Crc32c, FrameCursor } from "@datawal/format";
import {
  type CheckedRecord,
  copyFrameInto,
  encodeCheckedInto,
  groupHead,
  groupHeadWireSize,
} from "@datawal/format/internal";
import type { AppendedRecord } from "../log-record.js";
import { FrameMemory } from "../store/memory.js";

/** One write of `appendMany` takes at most this many bytes. */
export const BATCH_BYTES_MAX = 8 * 1024 * 1024;

/** Memory for the first frames of a batch, too little for any of the CRC's: it is kept, and what follows it given back. */
const FIRST_BYTES = 32 * 1024;

/** Frames encoded one behind the other, for one write; used again from write to write. */
export class FrameBatch {
  /** The frames so far, in order; offsets count from the first one, segments are not known yet. */
  frames: AppendedRecord[] = [];
  readonly #bytesMax: number;
  readonly #memory: FrameMemory;
  #byteCount = 0;

  /** @param bytesMax more than this is not taken, unless it is a single frame. */
  constructor(crc: Crc32c, bytesMax: number) {
    this.#memory = new FrameMemory(crc);
    this.#bytesMax = Math.min(bytesMax, BATCH_BYTES_MAX);
  }

  /** The bytes of the frames so far. A view, valid until the next `add` or `clear`. */
  get bytes(): Uint8Array {
    return this.#memory.bytes.subarray(0, this.#byteCount);
  }

  get byteCount(): number {
    return this.#byteCount;
  }

  hasRoomFor(frameLen: number): boolean {
    return this.#byteCount === 0 || this.#byteCount + frameLen <= this.#bytesMax;
  }

  /** @param len of the record's frame. */
  add(record: CheckedRecord, len: number): void {
    const offset = this.#byteCount;
    this.#reserve(offset + len);
    encodeCheckedInto(record, this.#memory.bytes, offset, this.#memory.crc);
    this.frames.push({ segment: 0, offset, len, txid: record.txid });
    this.#byteCount += len;
  }

  /** Puts the head of a group in front of the frames so far. @param txid of the head. */
  addHead(txid: bigint): void {
    const head = { ...groupHead(this.bytes, this.frames), txid };
    const len = groupHeadWireSize(this.frames.length);
    this.#reserve(this.#byteCount + len);
    this.#memory.bytes.copyWithin(len, 0, this.#byteCount);
    encodeCheckedInto(head, this.#memory.bytes, 0, this.#memory.crc);
    for (const frame of this.frames) frame.offset += len;
    this.#byteCount += len;
  }

  /** Gives the only frame another txid. */
  renumber(txid: bigint): void {
    const cursor = new FrameCursor();
    cursor.read(this.bytes, 0, this.#memory.crc);
    const copy = new Uint8Array(this.#byteCount);
    copyFrameInto(cursor, txid, copy, 0, this.#memory.crc);
    this.#memory.bytes.set(copy);
    this.frames[0]!.txid = txid;
  }

  clear(): void {
    this.frames = [];
    this.#byteCount = 0;
    if (this.#memory.bytes.length > FIRST_BYTES) this.#memory.release();
  }

  #reserve(byteCount: number): void {
    const { length } = this.#memory.bytes;
    if (byteCount <= length) return;
    this.#memory.makeRoom(Math.max(byteCount, 2 * length, FIRST_BYTES), "lent", 0, this.#byteCount);
  }
}
