import { RecordType } from "@datawal/format";

/** What the bytes of a segment's records are good for. Every record's frame counts in exactly one of the four. */
export class SegmentSpace {
  readonly segment: number;
  /** Bytes of the Puts that reads return. */
  liveBytes = 0;
  /** Bytes of superseded and deleted Puts. */
  deadBytes = 0;
  /** Bytes of Delete records. */
  tombstoneBytes = 0;
  /** Those among them that are heads of groups. */
  groupHeadBytes = 0;
  /** Bytes of Raw records, which are no part of a key/value store. */
  rawBytes = 0;
  /** Records, and the length of the last one. */
  records = 0;
  lastLen = 0;

  constructor(segment: number) {
    this.segment = segment;
  }

  get totalBytes(): number {
    return this.liveBytes + this.deadBytes + this.tombstoneBytes + this.rawBytes;
  }
}

/** Plain numbers, in the order in which they are taken out. */
export interface SpaceImage {
  newestTombstone: readonly [segment: number, len: number];
  segments: SegmentImage[];
}

type SegmentImage = readonly [
  segment: number,
  records: number,
  lastFrameOffset: number,
  deadBytes: number,
  tombstoneBytes: number,
  groupHeadBytes: number,
  rawBytes: number,
];

function imageOf(space: SegmentSpace): SegmentImage {
  const { segment, records, deadBytes, tombstoneBytes, groupHeadBytes, rawBytes } = space;
  return [
    segment,
    records,
    space.totalBytes - space.lastLen,
    deadBytes,
    tombstoneBytes,
    groupHeadBytes,
    rawBytes,
  ];
}

/** What the bytes of a log's records are good for, by segment. */
export class Space {
  readonly #segments = new Map<number, SegmentSpace>();
  /** The one that was counted in last. */
  #latest = new SegmentSpace(-1);
  /** Of the log's newest record where that is a Delete: it stays whatever is compacted, or txids would begin again. */
  #newestTombstone = { segment: -1, len: 0 };

  /** Of all records that were counted in, also of segments that are gone. */
  appendedBytes = 0;

  /** In the order of the log. */
  get segments(): SegmentSpace[] {
    return [...this.#segments.values()].sort((a, b) => a.segment - b.segment);
  }

  get liveBytes(): number {
    return this.#sum((space) => space.liveBytes);
  }

  /** Bytes of what compaction into a copy drops, tombstones apart: superseded and deleted Puts, and Raw records. */
  get deadBytes(): number {
    return this.#sum((space) => space.deadBytes + space.rawBytes);
  }

  get tombstoneBytes(): number {
    return this.#sum((space) => space.tombstoneBytes);
  }

  /** Bytes that compaction in place gives back at most. */
  get wasteBytes(): number {
    return this.#sum((space) => this.wasteOf(space.segment));
  }

  get totalBytes(): number {
    return this.#sum((space) => space.totalBytes);
  }

  of(segment: number): SegmentSpace {
    if (this.#latest.segment === segment) return this.#latest;
    const found = this.#segments.get(segment) ?? new SegmentSpace(segment);
    this.#latest = found;
    this.#segments.set(segment, found);
    return found;
  }

  /**
   * Bytes of a segment that compaction in place would not write again: dead Puts and tombstones. 0 where there are but heads
   * of groups: alone they are not worth that their records are written again.
   */
  wasteOf(segment: number): number {
    const { deadBytes, tombstoneBytes, groupHeadBytes } = this.of(segment);
    const kept = this.#newestTombstone.segment === segment ? this.#newestTombstone.len : 0;
    const bytes = deadBytes + tombstoneBytes - kept;
    return bytes > groupHeadBytes ? bytes : 0;
  }

  /** Counts the log's next record. */
  add(type: RecordType, segment: number, len: number, isGroupHead = false): void {
    const space = this.of(segment);
    if (type === RecordType.Put) space.liveBytes += len;
    else if (type === RecordType.Delete) space.tombstoneBytes += len;
    else space.rawBytes += len;
    if (isGroupHead) space.groupHeadBytes += len;
    this.#newestTombstone.segment = type === RecordType.Delete && !isGroupHead ? segment : -1;
    this.#newestTombstone.len = len;
    this.appendedBytes += len;
    space.records++;
    space.lastLen = len;
  }

  /** What {@link adopt} needs to make the same of a space in which the live bytes have been counted. */
  image(segments: readonly number[]): SpaceImage {
    const { segment, len } = this.#newestTombstone;
    return { newestTombstone: [segment, len], segments: segments.map((id) => imageOf(this.of(id))) };
  }

  adopt({ newestTombstone: [segment, len], segments }: SpaceImage): void {
    this.#newestTombstone = { segment, len };
    for (const [id, records, lastFrameOffset, dead, tombstones, groupHeads, raw] of segments) {
      const space = this.of(id);
      space.records = records;
      space.deadBytes = dead;
      space.tombstoneBytes = tombstones;
      space.groupHeadBytes = groupHeads;
      space.rawBytes = raw;
      space.lastLen = space.totalBytes - lastFrameOffset;
      this.appendedBytes += space.totalBytes;
    }
  }

  /** A live Put of `len` bytes was superseded or deleted. */
  retire(segment: number, len: number): void {
    const space = this.of(segment);
    space.liveBytes -= len;
    space.deadBytes += len;
  }

  /** Forgets a segment that is gone. */
  drop(segment: number): void {
    this.#segments.delete(segment);
    this.#latest = new SegmentSpace(-1);
  }

  #sum(of: (space: SegmentSpace) => number): number {
    let sum = 0;
    for (const space of this.#segments.values()) sum += of(space);
    return sum;
  }
}
