import type { Bytes, FrameCursor, RecordType } from "@datawal/format";
import type { LogRecord } from "../log-record.js";
import type { FrameVisitor } from "./inspection.js";

/**
 * A record seen through the cursor that recovery reads with: one reused object, whose values are read when asked for.
 * It and its bytes are valid during the call that hands it out; copy what is to be kept, or sent to another thread: a message
 * takes with it all of the memory that its bytes are a part of.
 */
export class ReplayRecord implements LogRecord {
  segment = 0;
  offset = 0;
  readonly #cursor: FrameCursor;

  constructor(cursor: FrameCursor) {
    this.#cursor = cursor;
  }

  get type(): RecordType {
    return this.#cursor.type;
  }

  get txid(): bigint {
    return this.#cursor.txid;
  }

  get key(): Bytes {
    return this.#cursor.key;
  }

  /** What holds the key, at [keyStart, keyEnd): for who wants no view made of it. */
  get keySource(): Uint8Array {
    return this.#cursor.bytes;
  }

  get keyStart(): number {
    return this.#cursor.keyStart;
  }

  get keyEnd(): number {
    return this.#cursor.payloadStart;
  }

  get payload(): Bytes {
    return this.#cursor.payload;
  }

  /** The frame's CRC-32C as it is stored: with the txid it tells whether a frame is the same one later. */
  get storedCrc(): number {
    return this.#cursor.storedCrc;
  }

  /** Bytes of the whole frame. */
  get len(): number {
    return this.#cursor.end - this.#cursor.start;
  }
}

/** Hands each frame to `replay`, as one reused record; a reader that begins anew has another cursor, and so another record. */
export function replayVisitor(replay: (record: ReplayRecord) => void): FrameVisitor {
  let current: FrameCursor | undefined;
  let record: ReplayRecord;
  return (cursor, segment, offset) => {
    if (cursor !== current) record = new ReplayRecord(cursor);
    current = cursor;
    record.segment = segment;
    record.offset = offset;
    replay(record);
  };
}
