/** What the bytes of a log's records are good for. Every record's frame counts in exactly one of the three. */
export class Space {
  /** Bytes of the Puts that reads return. */
  liveBytes = 0;
  /** Bytes of what compaction drops, tombstones apart: superseded and deleted Puts, and Raw records. */
  deadBytes = 0;
  /** Bytes of Delete records. */
  tombstoneBytes = 0;

  get totalBytes(): number {
    return this.liveBytes + this.deadBytes + this.tombstoneBytes;
  }

  /** A live Put of `len` bytes was superseded or deleted. */
  retire(len: number): void {
    this.liveBytes -= len;
    this.deadBytes += len;
  }
}
