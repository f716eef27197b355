/** Takes one piece, and resolves when it has gone out. Rejects with {@link OutputClosed} when nobody reads any more. */
export type Sink = (piece: Uint8Array) => Promise<void>;

/** Nobody reads our output any more, as behind `| head`: the command has done its work. */
export class OutputClosed extends Error {}

/** How much is gathered before it is written. */
const PIECE_BYTES = 64 * 1024;

/** A command's output: gathered, and written in large pieces. Whoever writes much awaits {@link drain} in between. */
export class Output {
  /** Columns of the terminal; `undefined` where the output is a pipe or a file. */
  readonly columns: number | undefined;
  readonly #sink: Sink;
  #text = "";
  #pieces: Uint8Array[] = [];
  #pieceBytes = 0;
  #hasFailed = false;

  constructor(sink: Sink, columns?: number) {
    this.#sink = sink;
    this.columns = columns;
  }

  get isTerminal(): boolean {
    return this.columns !== undefined;
  }

  write(text: string): void {
    this.#text += text;
  }

  /** @param bytes Copied. */
  writeBytes(bytes: Uint8Array): void {
    this.#endText();
    this.#addPiece(Uint8Array.from(bytes));
  }

  /** Writes what has been gathered, if it is a large piece by now. */
  async drain(): Promise<void> {
    if (this.#text.length + this.#pieceBytes >= PIECE_BYTES) await this.flush();
  }

  /** Writes what has been gathered. A failure is told once; whatever is written after it is dropped. */
  async flush(): Promise<void> {
    this.#endText();
    const piece = this.#takePieces();
    if (piece.length === 0 || this.#hasFailed) return;
    try {
      await this.#sink(piece);
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
  }

  #takePieces(): Uint8Array {
    const [first, ...others] = this.#pieces;
    const piece = first && others.length === 0 ? first : Buffer.concat(this.#pieces, this.#pieceBytes);
    this.#pieces = [];
    this.#pieceBytes = 0;
    return piece;
  }

  #endText(): void {
    if (this.#text === "") return;
    this.#addPiece(Buffer.from(this.#text));
    this.#text = "";
  }

  #addPiece(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#pieceBytes += piece.length;
  }
}
