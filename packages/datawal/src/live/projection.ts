import { FrameCursor, RecordType } from "@datawal/format";
import { isGroupKey } from "@datawal/format/internal";
import type { RecordRef, ReplayRecord } from "@datawal/record-log";
import type { FrameRange } from "@datawal/record-log/internal";
import { Keydir } from "../keydir/keydir.js";
import { Space } from "./space.js";

/** A log seen as key/value pairs: the last record of a key wins, in physical order. Raw records are no part of it. */
export class Projection {
  readonly keydir: Keydir;
  readonly space = new Space();
  readonly #cursor = new FrameCursor();

  constructor(keydir = new Keydir()) {
    this.keydir = keydir;
  }

  /** Takes in a record of a log that is being opened. */
  replay(record: ReplayRecord): void {
    this.apply(record.type, record.keySource, record, record.keyStart, record.keyEnd);
  }

  /**
   * Takes the log's next record in. Keeps nothing that it is given, and allocates nothing for it.
   *
   * @param key The key is its bytes [start, end).
   * @param nth Which one it is of the frames that the key directory has made room for.
   * @returns Whether the key was live before.
   * @throws DataWalError ERR_DATAWAL_TOO_MANY_KEYS: nothing was changed
   */
  apply(
    type: RecordType,
    key: Uint8Array,
    ref: RecordRef,
    start = 0,
    end = key.length,
    nth?: number,
  ): boolean {
    const { segment, len } = ref;
    let previousLen = 0;
    if (type === RecordType.Put) previousLen = this.keydir.set(key, ref, start, end, nth);
    else if (type === RecordType.Delete) previousLen = this.keydir.delete(key, start, end, nth);
    if (previousLen > 0) this.space.retire(this.keydir.replacedSegment, previousLen);
    this.space.add(type, segment, len, type === RecordType.Delete && isGroupKey(key, start, end));
    return previousLen > 0;
  }

  /** Takes in the frames that the key directory has made room for last, which the log has from there on. */
  applyAll({ bytes, start, count }: FrameRange, segment: number, offset: number): void {
    const cursor = this.#cursor;
    const ref = { segment, offset, len: 0 };
    for (let index = 0, at = start; index < count; index++, at = cursor.end) {
      cursor.readHeader(bytes, at);
      ref.offset = offset + at - start;
      ref.len = cursor.end - at;
      this.apply(cursor.type, bytes, ref, cursor.keyStart, cursor.payloadStart, index);
    }
  }

  /** Forgets segments that were compacted. All that was moved has been taken in: a key that still leads there is deleted. */
  forget(segments: readonly number[]): void {
    const gone = new Set(segments);
    if (segments.some((segment) => this.space.of(segment).liveBytes > 0)) {
      for (const [key, { segment }] of this.keydir.entries()) if (gone.has(segment)) this.keydir.delete(key);
    }
    for (const segment of segments) this.space.drop(segment);
  }
}
