import { createReadStream } from "node:fs";
import { MAX_PAYLOAD_LEN } from "@datawal/format";
import { Problem } from "../problem.js";

const LF = 0x0a;
const CHUNK_BYTES = 1 << 20;

/**
 * The lines of a file, in order, as bytes without the LF that ends them. A last line without LF counts. In memory is
 * one chunk and one line.
 *
 * @throws Problem: a line that no record can hold
 */
export async function* linesOf(path: string): AsyncGenerator<Uint8Array, void, void> {
  const line = new LineParts();
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      line.add(chunk.subarray(start, end));
      yield line.take();
      start = end + 1;
    }
    line.add(chunk.subarray(start));
  }
  if (line.bytes > 0) yield line.take();
}

/** The pieces of the line at hand. */
class LineParts {
  bytes = 0;
  #number = 1;
  #parts: Uint8Array[] = [];

  add(part: Uint8Array): void {
    this.bytes += part.length;
    if (this.bytes > MAX_PAYLOAD_LEN) throw lineTooLong(this.#number);
    if (part.length > 0) this.#parts.push(part);
  }

  take(): Uint8Array {
    const [only, ...others] = this.#parts;
    const line = only && others.length === 0 ? only : Buffer.concat(this.#parts, this.bytes);
    this.#parts = [];
    this.bytes = 0;
    this.#number++;
    return line;
  }
}

function lineTooLong(number: number): Problem {
  const limit = `${MAX_PAYLOAD_LEN / (1 << 20)} MiB`;
  return new Problem(
    `line ${number} is longer than ${limit}, the most that one record holds; split the line, or take another file`,
  );
}
