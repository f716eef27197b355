import type { Decoded } from "@datawal/format";
import fc from "fast-check";
import { anyChunksOf } from "../arbitraries/chunks.js";
import { anyFrameBytes } from "../arbitraries/frame-bytes.js";
import type { CodecUnderTest } from "./codec.js";
import { expectSame, plainOutcome } from "./expect-same.js";

/** A decoder of a stream; `FrameDecoder` of `@datawal/format` fits. */
export interface StreamDecoderUnderTest {
  push(chunk: Uint8Array): void;
  /** `truncated` asks for more; offsets are those in the stream. */
  next(): Decoded;
}

export interface StreamUnderTest extends Pick<CodecUnderTest, "decode"> {
  /** Begins a stream. */
  stream(): StreamDecoderUnderTest;
}

/**
 * The law: however a stream is cut into chunks, the same frames come out of it as of the whole, and the same outcome ends
 * it. What came out earlier is looked at last, so memory that is used twice is noticed.
 */
export function streamEqualsWhole(
  codec: StreamUnderTest,
): fc.IPropertyWithHooks<[{ whole: Uint8Array; chunks: Uint8Array[] }]> {
  return fc.property(anyChunksOf(anyFrameBytes()), ({ whole, chunks }) => {
    const stream = codec.stream();
    const found: Decoded[] = [];
    let last: Decoded = stream.next();
    for (const chunk of chunks) {
      stream.push(chunk);
      for (last = stream.next(); last.kind === "record"; last = stream.next()) found.push(last);
    }
    const expected = [...framesOf(codec, whole)];
    expectSame("outcomes", [...found, last].map(plainOutcome), expected.map(plainOutcome));
  });
}

/** All that stands one behind the other, and what ends it. */
function* framesOf(codec: Pick<CodecUnderTest, "decode">, bytes: Uint8Array): Generator<Decoded> {
  for (let offset = 0; ; ) {
    const decoded = codec.decode(bytes, offset);
    yield decoded;
    if (decoded.kind !== "record") return;
    offset = decoded.end;
  }
}
