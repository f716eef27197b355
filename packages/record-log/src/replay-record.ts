import type { Bytes, FrameCursor, RecordType } from "@datawal/format";
import type { LogRecord } from "./log-record.js";
import type { FrameVisitor } from "./recovery/inspection.js";

/**
 * A record seen through the cursor that recovery reads with: one reused object, whose values are read when asked for.
 * It and its bytes are valid during the call that hands it out; copy what is to be kept.
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

  get payload(): Bytes {
    return this.#cursor.payload;
  }

  /** Bytes of the whole frame. */
  get len(): number {
    return this.#cursor.end - this.#cursor.start;
  }
}

/** Hands each frame of an inspection to `replay`, as one reused record. */
export function replayVisitor(replay: (record: ReplayRecord) => void): FrameVisitor {
  let record: ReplayRecord | undefined;
  return (cursor, segment, offset) => {
    record ??= new ReplayRecord(cursor);
    record.segment = segment;
    record.offset = offset;
    replay(record);
  };
}
