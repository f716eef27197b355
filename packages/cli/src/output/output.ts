import { ByteBuffer } from "./byte-buffer.js";

/**
 * Takes one piece, and resolves when it has gone out; the piece's memory is the output's again then. Rejects with
 * {@link OutputClosed} when nobody reads any more.
 */
export type Sink = (piece: Uint8Array) => Promise<void>;

/** Nobody reads our output any more, as behind `| head`: the command has done its work. */
export class OutputClosed extends Error {}

/** How much is gathered before it is written. */
const PIECE_BYTES = 64 * 1024;
/** Larger memory is not kept for the next piece: one large value must not cost it for ever. */
const KEPT_BYTES_MAX = 8 * 1024 * 1024;

/** A command's output: gathered, and written in large pieces. Whoever writes much awaits {@link drain} in between. */
export class Output {
  /** Columns of the terminal; `undefined` where the output is a pipe or a file. */
  readonly columns: number | undefined;
  readonly #sink: Sink;
  #gathered = new ByteBuffer();
  /** Memory that a piece has gone out of. */
  #spare: ByteBuffer | undefined;
  #hasFailed = false;

  constructor(sink: Sink, columns?: number) {
    this.#sink = sink;
    this.columns = columns;
  }

  get isTerminal(): boolean {
    return this.columns !== undefined;
  }

  /** What is gathered, to be written to where calls of {@link write} would cost too much. Another object after a flush. */
  get gathered(): ByteBuffer {
    return this.#gathered;
  }

  write(text: string): void {
    this.#gathered.text(text);
  }

  /** @param bytes Copied. */
  writeBytes(bytes: Uint8Array): void {
    this.#gathered.copy(bytes);
  }

  /** Writes what has been gathered, if it is a large piece by now. */
  async drain(): Promise<void> {
    if (this.#gathered.length >= PIECE_BYTES) await this.flush();
  }

  /** Writes what has been gathered. A failure is told once; whatever is written after it is dropped. */
  async flush(): Promise<void> {
    const { bytes, length } = this.#gathered;
    if (length === 0) return;
    const taken = this.#gathered;
    this.#gathered = this.#spare ?? new ByteBuffer();
    this.#spare = undefined;
    try {
      if (!this.#hasFailed) await this.#sink(bytes.subarray(0, length));
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
    taken.length = 0;
    if (bytes.length <= KEPT_BYTES_MAX) this.#reuse(taken);
  }

  /** The memory written last is the quickest to write to next. */
  #reuse(empty: ByteBuffer): void {
    if (this.#gathered.length > 0) this.#spare = empty;
    else {
      this.#spare = this.#gathered;
      this.#gathered = empty;
    }
  }
}
