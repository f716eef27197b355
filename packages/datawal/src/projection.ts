import { RecordType } from "@datawal/format";
import type { RecordRef } from "@datawal/record-log";
import { Keydir } from "./keydir.js";
import { Space } from "./space.js";

/** A log seen as key/value pairs: the last record of a key wins, in physical order. Raw records are no part of it. */
export class Projection {
  readonly keydir = new Keydir();
  readonly space = new Space();

  /**
   * Takes the log's next record in.
   *
   * @param key Not kept.
   * @returns Whether the key was live before.
   */
  apply(type: RecordType, key: Uint8Array, ref: RecordRef): boolean {
    if (type === RecordType.Raw) {
      this.space.deadBytes += ref.len;
      return false;
    }
    const previous = type === RecordType.Put ? this.keydir.set(key, ref) : this.keydir.delete(key);
    if (previous) this.space.retire(previous.len);
    if (type === RecordType.Put) this.space.liveBytes += ref.len;
    else this.space.tombstoneBytes += ref.len;
    return previous !== undefined;
  }
}
