import { createReadStream } from "node:fs";
import { MAX_PAYLOAD_LEN } from "@datawal/format";

const LF = 0x0a;
const CHUNK_BYTES = 1 << 20;
/** A line of that many chunks can be a record; one of more cannot, wherever in the first chunk it begins. */
const PARTS_MAX = MAX_PAYLOAD_LEN / CHUNK_BYTES + 1;

/**
 * The lines of a file, in order, as bytes without the LF that ends them. A last line without LF counts.
 *
 * In memory is one chunk and one line. A line that no record can hold is the last one, and may be cut short.
 */
export async function* linesOf(path: string): AsyncGenerator<Uint8Array, void, void> {
  let parts: Buffer[] = [];
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      yield Buffer.concat([...parts, chunk.subarray(start, end)]);
      parts = [];
      start = end + 1;
    }
    parts.push(chunk.subarray(start));
    if (parts.length > PARTS_MAX) break;
  }
  const rest = Buffer.concat(parts);
  if (rest.length > 0) yield rest;
}
