import { nameOfType } from "./bytes.js";
import type { DecodedRecord } from "./decode-next.js";
import { withCode } from "./format-error.js";
import { FrameDecoder, type FrameDecoderOptions } from "./frame-decoder.js";
import { streamError } from "./stream-error.js";

/** The part of a web `ReadableStream` that is used: not every browser can iterate over one. */
export interface WebByteStream {
  getReader(): {
    read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
    releaseLock(): void;
  };
  cancel(): Promise<void>;
}

/** Where bytes come from: a web stream, a Node stream, or any iterable of chunks. */
export type ByteSource = WebByteStream | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Decodes a stream of frames, each as soon as its last byte is there.
 *
 * The source is read as records are asked for, and cancelled when the loop is left or an error thrown.
 *
 * @param source its chunks belong to the decoder: it must not change them later.
 * @param options `maxPayloadLen`, in bytes, bounds what a stranger can make you hold.
 * @returns The records in order; `end` is an offset in the stream. `key` and `payload` are views of memory that is
 *   never written again: they stay valid, and keep their chunk.
 * @throws {FormatError} while iterating, with the stream offset of the frame: ERR_DATAWAL_BAD_MAGIC,
 *   ERR_DATAWAL_UNKNOWN_VERSION, ERR_DATAWAL_UNKNOWN_RECORD_TYPE, ERR_DATAWAL_RESERVED_FLAGS,
 *   ERR_DATAWAL_FRAME_KEY_TOO_LARGE, ERR_DATAWAL_FRAME_PAYLOAD_TOO_LARGE, ERR_DATAWAL_CRC_MISMATCH,
 *   ERR_DATAWAL_STREAM_TRUNCATED: the source ended inside a frame. An error of the source's own passes unchanged.
 * @throws {TypeError} ERR_DATAWAL_NOT_A_BYTE_SOURCE at once; ERR_DATAWAL_NOT_BYTES while iterating
 * @throws {RangeError} ERR_DATAWAL_BAD_CODEC_OPTION at once
 */
export function decodeStream(
  source: ByteSource,
  options: FrameDecoderOptions = {},
): AsyncGenerator<DecodedRecord, void, undefined> {
  return recordsOf(chunksOf(source), new FrameDecoder(options));
}

async function* recordsOf(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  decoder: FrameDecoder,
): AsyncGenerator<DecodedRecord, void, undefined> {
  for await (const chunk of chunks) {
    decoder.push(chunk);
    for (let next = nextRecord(decoder); next !== undefined; next = nextRecord(decoder)) yield next;
  }
  checkEnd(decoder);
}

function chunksOf(source: ByteSource): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  if (typeof source === "object" && source !== null) {
    if ("getReader" in source) return chunksOfWebStream(source);
    if (Symbol.asyncIterator in source || Symbol.iterator in source) return source;
  }
  const actual = nameOfType(source);
  const message = `source expected a ReadableStream or an iterable of Uint8Array, got ${actual}`;
  throw withCode(new TypeError(message), "ERR_DATAWAL_NOT_A_BYTE_SOURCE", { actual });
}

async function* chunksOfWebStream(stream: WebByteStream): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value!;
  } finally {
    reader.releaseLock();
    await stream.cancel();
  }
}

function nextRecord(decoder: FrameDecoder): DecodedRecord | undefined {
  const decoded = decoder.next();
  if (decoded.kind === "record") return decoded;
  if (decoded.kind === "truncated") return undefined;
  throw streamError(decoded, decoder);
}

function checkEnd(decoder: FrameDecoder): void {
  const rest = decoder.next();
  if (rest.kind === "truncated" && rest.available > 0) throw streamError(rest, decoder);
}
