import { RecordType } from "@datawal/format";
import { isGroupKey } from "@datawal/format/internal";
import type { RecordRef, ReplayRecord } from "@datawal/record-log";
import { Keydir } from "../keydir/keydir.js";
import { Space } from "./space.js";

/** A log seen as key/value pairs: the last record of a key wins, in physical order. Raw records are no part of it. */
export class Projection {
  readonly keydir: Keydir;
  readonly space = new Space();

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
   * @param hash Of the key, as the key directory has it now; found out when absent.
   * @returns Whether the key was live before.
   * @throws DataWalError ERR_DATAWAL_TOO_MANY_KEYS: nothing was changed
   */
  apply(
    type: RecordType,
    key: Uint8Array,
    ref: RecordRef,
    start = 0,
    end = key.length,
    hash?: number,
  ): boolean {
    const { segment, len } = ref;
    let previousLen = 0;
    if (type === RecordType.Put) previousLen = this.keydir.set(key, ref, start, end, hash);
    else if (type === RecordType.Delete) previousLen = this.keydir.delete(key, start, end, hash);
    if (previousLen > 0) this.space.retire(this.keydir.replacedSegment, previousLen);
    this.space.add(type, segment, len, type === RecordType.Delete && isGroupKey(key, start, end));
    return previousLen > 0;
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
