const LF = 10;

/**
 * Cuts chunks of bytes into lines, without their LF; a last line need not end. A CR is part of its line, so that lines
 * that are printed again come out as they went in.
 */
export class LineReader {
  /** Lines that have ended. */
  count = 0;
  /** Whether a line was too long: nothing comes after it. */
  isTooLong = false;
  readonly #lineBytesMax: number;
  /** The beginning of a line whose end has not come yet. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** Draws the lines that end in a chunk. @param chunk Kept until its last line ends. */
  *push(chunk: Uint8Array): Generator<Uint8Array, void, void> {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      this.#hold(chunk.subarray(start, end));
      if (this.isTooLong) return;
      yield this.#take();
      start = end + 1;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
  }

  /** Draws the rest, where the last line did not end. */
  *end(): Generator<Uint8Array, void, void> {
    if (this.#held.length > 0) yield this.#take();
  }

  #hold(piece: Uint8Array): void {
    this.#held.push(piece);
    this.#heldBytes += piece.length;
    this.isTooLong = this.#heldBytes > this.#lineBytesMax;
  }

  #take(): Uint8Array {
    const line = this.#held.length === 1 ? this.#held[0]! : Buffer.concat(this.#held, this.#heldBytes);
    this.#held = [];
    this.#heldBytes = 0;
    this.count++;
    return line;
  }
}
