import { RecordType } from "@datawal/format";
import type { LogRecord, VerifiedSegment } from "@datawal/record-log";

/** What the bytes of one segment are good for: all but `segment` and `bytes` add up to `bytes`. */
export interface SegmentSpace {
  segment: number;
  /** Of the file. */
  bytes: number;
  /** Of the Puts that hold the values of live keys. */
  liveBytes: number;
  /** Of Raw records, which belong to no key. */
  rawBytes: number;
  /** Of Puts that were superseded or deleted. */
  deadBytes: number;
  /** Of Delete records. */
  tombstoneBytes: number;
  /** Of what is no valid record, to the end of the file. */
  tornBytes: number;
}

/** Counts, record by record, what each segment of a log is good for: also of a damaged one, as far as it can be read. */
export class SpaceCount {
  oldestTxid = 0n;
  /** By the key's bytes as a latin1 string: one character a byte. */
  readonly #live = new Map<string, { space: SegmentSpace; len: number }>();
  readonly #spaces = new Map<number, SegmentSpace>();

  /** @param record The log's next one; not kept. */
  take({ segment, type, txid, key, len }: LogRecord): void {
    const space = this.#spaceOf(segment);
    if (this.oldestTxid === 0n || txid < this.oldestTxid) this.oldestTxid = txid;
    if (type === RecordType.Raw) {
      space.rawBytes += len;
      return;
    }
    const text = Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");
    this.#retire(text);
    if (type === RecordType.Delete) {
      space.tombstoneBytes += len;
      this.#live.delete(text);
    } else {
      space.liveBytes += len;
      this.#live.set(text, { space, len });
    }
  }

  /** Of the Puts that hold the values of live keys now. */
  get liveBytes(): number {
    let sum = 0;
    for (const { liveBytes } of this.#spaces.values()) sum += liveBytes;
    return sum;
  }

  /** Live keys. */
  get keys(): number {
    return this.#live.size;
  }

  /** @param segments All that were read, with their sizes. */
  finish(segments: readonly VerifiedSegment[]): SegmentSpace[] {
    return segments.map(({ segment, size, validBytes }) => ({
      ...this.#spaceOf(segment),
      bytes: size,
      tornBytes: size - validBytes,
    }));
  }

  #retire(key: string): void {
    const previous = this.#live.get(key);
    if (!previous) return;
    previous.space.liveBytes -= previous.len;
    previous.space.deadBytes += previous.len;
  }

  #spaceOf(segment: number): SegmentSpace {
    const known = this.#spaces.get(segment);
    if (known) return known;
    const made = {
      segment,
      bytes: 0,
      liveBytes: 0,
      rawBytes: 0,
      deadBytes: 0,
      tombstoneBytes: 0,
      tornBytes: 0,
    };
    this.#spaces.set(segment, made);
    return made;
  }
}

/** The sum over all segments. */
export function totalSpace(spaces: readonly SegmentSpace[]): Omit<SegmentSpace, "segment"> {
  const sum = (of: (space: SegmentSpace) => number) => spaces.reduce((total, space) => total + of(space), 0);
  return {
    bytes: sum((space) => space.bytes),
    liveBytes: sum((space) => space.liveBytes),
    rawBytes: sum((space) => space.rawBytes),
    deadBytes: sum((space) => space.deadBytes),
    tombstoneBytes: sum((space) => space.tombstoneBytes),
    tornBytes: sum((space) => space.tornBytes),
  };
}
