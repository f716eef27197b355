/** Bytes gathered one behind the other, in memory that grows. */
export class ByteBuffer {
  /** What is gathered is the first {@link length} bytes; those behind may be written to once {@link reserve} gave room. */
  bytes: Buffer = NO_BYTES;
  /** Of the memory of {@link bytes}. */
  view = viewOf(NO_BYTES);
  length = 0;

  /** Makes room for so many more bytes: {@link bytes} and {@link view} may be others then. */
  reserve(byteCount: number): void {
    if (this.length + byteCount > this.bytes.length) this.#grow(this.length + byteCount);
  }

  literal({ words, length }: Literal): void {
    this.reserve(words.length * WORD_BYTES);
    const { view } = this;
    let at = this.length;
    for (let i = 0; i < words.length; i++, at += WORD_BYTES) view.setUint32(at, words[i]!);
    this.length += length;
  }

  /** Writes text as UTF-8. */
  text(text: string): void {
    const isShort = text.length < SHORT_TEXT_MAX;
    this.reserve(isShort ? text.length * UTF8_BYTES_A_UNIT_MAX : Buffer.byteLength(text));
    this.length += this.bytes.write(text, this.length);
  }

  /** @param source Copied. */
  copy(source: Uint8Array): void {
    this.reserve(source.length);
    this.bytes.set(source, this.length);
    this.length += source.length;
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length, BYTES_MIN));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
    this.view = viewOf(grown);
  }
}

/** A text that is written often: its bytes as words of four, the last one filled up with what is written over next. */
export interface Literal {
  words: Uint32Array;
  length: number;
}

/** Makes what {@link ByteBuffer.literal} writes four bytes at a time. */
export function literal(text: string): Literal {
  const { length } = Buffer.from(text);
  const padded = Buffer.alloc(Math.ceil(length / WORD_BYTES) * WORD_BYTES, text);
  const words = Uint32Array.from({ length: padded.length / WORD_BYTES }, (_, index) =>
    padded.readUInt32BE(index * WORD_BYTES),
  );
  return { words, length };
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

const NO_BYTES = Buffer.alloc(0);
const BYTES_MIN = 64 * 1024;
const WORD_BYTES = 4;

/** A UTF-16 unit takes at most three bytes of UTF-8. To count them first pays where that much room matters. */
const UTF8_BYTES_A_UNIT_MAX = 3;
const SHORT_TEXT_MAX = 4096;
