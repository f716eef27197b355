import { decodeNext, FrameDecoder } from "@datawal/format";
import { type StreamUnderTest, streamEqualsWhole } from "@datawal/fuzz";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const ours: StreamUnderTest = { decode: decodeNext, stream: () => new FrameDecoder() };

test("@datawal/format keeps the law of streams", () => {
  fc.assert(streamEqualsWhole(ours), { numRuns: 1_000 });
});

describe("the law is broken by a stream decoder that (canary)", () => {
  const streams: [string, () => ReturnType<StreamUnderTest["stream"]>][] = [
    [
      "drops empty room at a chunk's end",
      () => {
        const decoder = new FrameDecoder();
        return {
          push: (chunk) => decoder.push(chunk.subarray(0, chunk.length - 1)),
          next: () => decoder.next(),
        };
      },
    ],
    [
      "tells offsets within the chunk",
      () => {
        const decoder = new FrameDecoder();
        let before = 0;
        return {
          push: (chunk) => {
            before = decoder.offset;
            decoder.push(chunk);
          },
          next: () => {
            const decoded = decoder.next();
            return decoded.kind === "record" ? { ...decoded, end: decoded.end - before } : decoded;
          },
        };
      },
    ],
    [
      "uses the memory of a chunk again",
      () => {
        const decoder = new FrameDecoder();
        let last: Uint8Array | undefined;
        return {
          push: (chunk) => {
            last?.fill(0);
            last = chunk;
            decoder.push(chunk);
          },
          next: () => decoder.next(),
        };
      },
    ],
  ];

  test.each(streams)("%s", (_, stream) => {
    expect(
      fc.check(streamEqualsWhole({ ...ours, stream }), { numRuns: 50_000, endOnFailure: true }).failed,
    ).toBe(true);
  });
});
