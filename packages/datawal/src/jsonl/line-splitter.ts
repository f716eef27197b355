const LF = 10;

/**
 * Cuts a stream of bytes into lines, whatever way it comes in chunks. A line that is too long is not gathered: memory
 * is bounded whatever the stream holds.
 */
export class LineSplitter {
  readonly #lineBytesMax: number;
  /** The beginning of a line whose end has not come yet. */
  #held = new Uint8Array(0);
  #heldBytes = 0;
  #isTooLong = false;

  /** @param lineBytesMax bytes of a line, its LF not counted. */
  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /**
   * @param chunk Not kept.
   * @returns The lines that end in it, without their LF, one character a byte; `undefined` for one that is too long.
   */
  *push(chunk: Uint8Array): Generator<string | undefined, void, void> {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      this.#hold(chunk.subarray(start, end));
      yield this.#take();
      start = end + 1;
    }
    this.#hold(chunk.subarray(start));
  }

  /** The rest, where the stream did not end with LF; one line or none. */
  *end(): Generator<string | undefined, void, void> {
    if (this.#heldBytes > 0 || this.#isTooLong) yield this.#take();
  }

  #hold(bytes: Uint8Array): void {
    const byteCount = this.#heldBytes + bytes.length;
    this.#isTooLong ||= byteCount > this.#lineBytesMax;
    if (this.#isTooLong) return;
    if (byteCount > this.#held.length) this.#grow(byteCount);
    this.#held.set(bytes, this.#heldBytes);
    this.#heldBytes = byteCount;
  }

  #take(): string | undefined {
    const line = Buffer.from(this.#held.buffer, 0, this.#heldBytes).toString("latin1");
    const isTooLong = this.#isTooLong;
    this.#heldBytes = 0;
    this.#isTooLong = false;
    return isTooLong ? undefined : line;
  }

  /** By doubling, so that a line that comes in many small chunks costs linear time. */
  #grow(byteCount: number): void {
    const grown = new Uint8Array(Math.max(byteCount, 2 * this.#held.length));
    grown.set(this.#held.subarray(0, this.#heldBytes));
    this.#held = grown;
  }
}
