import { type Decoded, decodeNext, FrameDecoder } from "@datawal/format";
import type { FuzzTarget } from "../engine/target.js";
import { isSameBytes } from "../laws/expect-same.js";
import type { StreamUnderTest } from "../laws/stream.js";
import { outcomeOf } from "./decode-frame.js";
import { DECODER_OUTCOMES, FRAME_SEEDS, mutateFrames } from "./frames.js";

/** The first byte tells how the rest is cut into chunks; what comes out is what comes out of the whole. */
export function decodeStream(
  codec: StreamUnderTest = { decode: decodeNext, stream: () => new FrameDecoder() },
): FuzzTarget {
  return {
    name: "decode_stream",
    seeds: Object.values(FRAME_SEEDS).map((frames, index) => Uint8Array.of(index * 7, ...frames)),
    bytesMax: 600,
    outcomes: DECODER_OUTCOMES,
    mutate: (input, random) => Uint8Array.of(input[0] ?? 1, ...mutateFrames(input.subarray(1), random)),
    run: (input) => {
      const bytes = input.subarray(1);
      const chunkLen = 1 + ((input[0] ?? 0) % 64);
      const stream = codec.stream();
      let offset = 0;
      let last = stream.next();
      for (let start = 0; start < bytes.length; start += chunkLen) {
        // A copy: a chunk belongs to the decoder.
        stream.push(bytes.slice(start, start + chunkLen));
        for (last = stream.next(); last.kind === "record"; last = stream.next()) {
          requireSame(last, codec.decode(bytes, offset));
          offset = last.end;
        }
      }
      requireSame(last, codec.decode(bytes, offset));
      const isWhole = offset > 0 && last.kind === "truncated" && last.available === 0;
      return isWhole ? "record" : outcomeOf(last);
    },
  };
}

function requireSame(found: Decoded, expected: Decoded): void {
  for (const [name, value] of Object.entries(expected)) {
    const other = found[name as keyof Decoded] as unknown;
    const isSame = ArrayBuffer.isView(value)
      ? isSameBytes(value as Uint8Array, other as Uint8Array)
      : Object.is(value, other);
    if (!isSame) throw new Error(`of a stream: ${name} of ${found.kind} is another than of the whole`);
  }
}
