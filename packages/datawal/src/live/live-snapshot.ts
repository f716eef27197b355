import { type FrameCursor, RecordType, recordWireSize } from "@datawal/format";
import type { LogBase } from "@datawal/record-log/internal";
import type { Steps } from "@datawal/safeatomic/internal";
import type { Keydir } from "../keydir/keydir.js";
import type { KeydirSnapshot } from "../keydir/snapshot.js";
import { recordMismatch } from "./live-value.js";

/**
 * The live pairs of a store at one moment, in the order of their keys' bytes (unsigned, a prefix first). Its memory is
 * that of a {@link KeydirSnapshot}; the log is append-only, so values are read when they are drawn, whatever has been
 * written since.
 */
export class LiveSnapshot {
  readonly count: number;
  readonly #log: LogBase;
  readonly #places: KeydirSnapshot;
  readonly #records: Iterable<FrameCursor>;

  constructor(log: LogBase, keydir: Keydir) {
    this.#log = log;
    this.#places = keydir.snapshot();
    this.count = this.#places.count;
    // Asked for now: a log that is another one by the time they are drawn must not be taken for this one.
    this.#records = log.peekMany(this.#places.refs());
  }

  /**
   * Sorts the pairs; to be run before they are drawn. It ends with a progress step, before which the total of bytes is
   * that of the keys counted so far.
   *
   * @returns The total: the sum over all pairs of what `measure` makes of the lengths of key and value.
   */
  *sort(measure: (keyLen: number, valueLen: number) => number): Steps<number> {
    const sort = this.#places.sort((keyLen, len) => measure(keyLen, len - recordWireSize(keyLen, 0)));
    for (;;) {
      const { done, value: bytesTotal } = sort.next();
      yield { kind: "progress", bytesDone: 0, bytesTotal };
      if (done) return bytesTotal;
    }
  }

  /**
   * The pairs' records, each proved as a read of its key proves it; to be drawn once.
   *
   * @returns Lazy. The cursor is reused, valid until the next one is drawn.
   * @throws as `readLiveValue`
   */
  *records(): Generator<FrameCursor, void, void> {
    const places = this.#places;
    let index = 0;
    for (const record of this.#records) {
      const { type, bytes, keyStart, payloadStart } = record;
      if (type !== RecordType.Put || !places.isKeyAt(index, bytes, keyStart, payloadStart))
        throw recordMismatch(this.#log, places.refAt(index), places.keyAt(index), record);
      index++;
      yield record;
    }
  }
}
