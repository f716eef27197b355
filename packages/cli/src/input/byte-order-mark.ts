/** UTF-8's, which some editors and exports put in front of a text. */
const MARK = Uint8Array.of(0xef, 0xbb, 0xbf);

/** Chunks of bytes without a byte order mark at the beginning of the first, however it is cut. */
export async function* withoutByteOrderMark(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  let first: Uint8Array | undefined = new Uint8Array(0);
  for await (const chunk of chunks) {
    if (first === undefined) yield chunk;
    else if (first.length + chunk.length < MARK.length) first = Buffer.concat([first, chunk]);
    else {
      yield withoutMark(Buffer.concat([first, chunk]));
      first = undefined;
    }
  }
  if (first !== undefined) yield first;
}

function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(MARK.every((byte, index) => bytes[index] === byte) ? MARK.length : 0);
}
