import { type Bytes, NO_BYTES, viewOf } from "./bytes.js";
import { type Crc32c, crc32c, crcOfRange } from "./crc32c.js";
import type { InvalidReason } from "./invalid-reason.js";
import {
  CRC_LEN,
  FLAGS_OFFSET,
  HEADER_LEN,
  KEY_LEN_OFFSET,
  MAGIC_OFFSET,
  MAGIC_UINT32,
  MAX_KEY_LEN,
  MAX_PAYLOAD_LEN,
  PAYLOAD_LEN_OFFSET,
  TXID_OFFSET,
  TYPE_OFFSET,
  VERSION_OFFSET,
  WIRE_VERSION,
} from "./layout.js";
import { readInt32, readUint16, readUint32 } from "./little-endian.js";
import { isRecordType, RecordType } from "./record-type.js";
import { checkWholeBytes } from "./whole-bytes.js";

/** What stands at an offset: a whole valid frame, too few bytes, a wrong CRC, or no frame. */
export type FrameOutcome = "record" | "truncated" | "crc-mismatch" | InvalidReason;

/**
 * Reads one frame after another into the same numbers: the checks of the wire format, in their order, the
 * first that fails wins. It never reads past the end and, whatever the bytes, never throws.
 *
 * Offsets are positions in the bytes given to {@link read}. A field means something only after an outcome
 * that sets it, until the next call. The cursor keeps those bytes until then, and does not copy them.
 */
export class FrameCursor {
  /** Where the frame begins: the offset given. Set by every outcome. */
  start = 0;
  /** Set by every outcome but `truncated` with fewer than 24 bytes and the reasons up to `unknown-record-type`. */
  type: RecordType = RecordType.Raw;
  /**
   * The extent that the header claims. Set once 24 bytes are there, also by an invalid header: then only the
   * bytes vouch for it, and it may lie anywhere up to 8 GiB on.
   */
  keyStart = 0;
  payloadStart = 0;
  payloadEnd = 0;
  end = 0;
  /** The halves of {@link txid}, unsigned. Set with the extent. */
  txidLow = 0;
  txidHigh = 0;
  /** Bytes from the offset to the end, 0 beyond it. Set by every outcome. */
  available = 0;
  /** Set by `truncated`: 24, or the length of the whole frame. */
  needed = 0;
  /** Set by an {@link InvalidReason}: the offending field; the magic as a little-endian u32. */
  found = 0;

  readonly #maxPayloadLen: number;
  #bytes: Uint8Array = NO_BYTES;
  /** Signed. */
  #storedCrc = 0;
  #computedCrc = 0;

  /** @param maxPayloadLen longest payload accepted, in bytes; the format's limit is the most that makes sense. */
  constructor(maxPayloadLen: number = MAX_PAYLOAD_LEN) {
    this.#maxPayloadLen = maxPayloadLen;
  }

  /**
   * Reads the frame at an offset and checks its CRC.
   *
   * @param offset 0 or more, in bytes; beyond the end nothing is available.
   * @param end how many of the bytes count; all of them when absent.
   * @throws {RangeError} ERR_DATAWAL_NOT_WHOLE_BYTES: not a whole number from 0
   */
  read(bytes: Uint8Array, offset: number, crc: Crc32c = crc32c, end: number = bytes.length): FrameOutcome {
    const header = this.readHeader(bytes, offset, end);
    if (header !== "header") return header;
    const frameLen = this.end - offset;
    if (this.available < frameLen) return this.#truncated(frameLen);
    this.#storedCrc = readInt32(bytes, this.payloadEnd);
    this.#computedCrc = crcOfRange(crc, bytes, offset, this.payloadEnd);
    return this.#storedCrc === this.#computedCrc ? "record" : "crc-mismatch";
  }

  /**
   * As {@link read}, but looks at the 24 bytes of the header only; `header` means that they are sane.
   *
   * @throws {RangeError} ERR_DATAWAL_NOT_WHOLE_BYTES
   */
  readHeader(
    bytes: Uint8Array,
    offset: number,
    end: number = bytes.length,
  ): "header" | "truncated" | InvalidReason {
    checkWholeBytes(offset, "offset");
    this.#bytes = bytes;
    this.start = offset;
    this.available = Math.max(0, end - offset);
    if (this.available < HEADER_LEN) return this.#truncated(HEADER_LEN);
    this.#readExtent(bytes, offset);
    return this.#checkHeader(bytes, offset);
  }

  /** The bytes given: those of the key are [keyStart, payloadStart). For who wants no view made of them. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The CRC at the frame's end. Set by `record` and `crc-mismatch`. */
  get storedCrc(): number {
    return this.#storedCrc >>> 0;
  }

  /** The CRC of the bytes before it. Set by `record` and `crc-mismatch`. */
  get computedCrc(): number {
    return this.#computedCrc >>> 0;
  }

  /** The sequence number. Made when asked for. */
  get txid(): bigint {
    // Arithmetic on a bigint allocates.
    const low = BigInt(this.txidLow);
    return this.txidHigh === 0 ? low : (BigInt(this.txidHigh) << 32n) | low;
  }

  /** A view of the bytes given (a copy where they are on shared memory). Made when asked for, after `record`. */
  get key(): Bytes {
    return viewOf(this.#bytes, this.keyStart, this.payloadStart);
  }

  /** A view of the bytes given (a copy where they are on shared memory). Made when asked for, after `record`. */
  get payload(): Bytes {
    return viewOf(this.#bytes, this.payloadStart, this.payloadEnd);
  }

  #readExtent(bytes: Uint8Array, offset: number): void {
    this.txidLow = readUint32(bytes, offset + TXID_OFFSET);
    this.txidHigh = readUint32(bytes, offset + TXID_OFFSET + 4);
    this.keyStart = offset + HEADER_LEN;
    this.payloadStart = this.keyStart + readUint32(bytes, offset + KEY_LEN_OFFSET);
    this.payloadEnd = this.payloadStart + readUint32(bytes, offset + PAYLOAD_LEN_OFFSET);
    this.end = this.payloadEnd + CRC_LEN;
  }

  #checkHeader(bytes: Uint8Array, offset: number): "header" | InvalidReason {
    const magic = readUint32(bytes, offset + MAGIC_OFFSET);
    if (magic !== MAGIC_UINT32) return this.#invalid("bad-magic", magic);
    const version = readUint16(bytes, offset + VERSION_OFFSET);
    if (version !== WIRE_VERSION) return this.#invalid("unknown-version", version);
    const type = bytes[offset + TYPE_OFFSET]!;
    if (!isRecordType(type)) return this.#invalid("unknown-record-type", type);
    this.type = type;
    const flags = bytes[offset + FLAGS_OFFSET]!;
    if (flags !== 0) return this.#invalid("reserved-flags", flags);
    const keyLen = this.payloadStart - this.keyStart;
    if (keyLen > MAX_KEY_LEN) return this.#invalid("key-too-large", keyLen);
    const payloadLen = this.payloadEnd - this.payloadStart;
    if (payloadLen > this.#maxPayloadLen) return this.#invalid("payload-too-large", payloadLen);
    return "header";
  }

  #truncated(needed: number): "truncated" {
    this.needed = needed;
    return "truncated";
  }

  #invalid(reason: InvalidReason, found: number): InvalidReason {
    this.found = found;
    return reason;
  }
}
