import {
  type DecodedRecord,
  encodeRecord,
  FrameDecoder,
  MAX_PAYLOAD_LEN,
  RecordType,
  recordWireSize,
} from "@datawal/format";
import { describe, expect, test, vi } from "vitest";
import {
  concat,
  PUT_FRAME,
  patched,
  SAMPLE_FRAMES,
  SAMPLE_LOG,
  sharedCopy,
  thrownBy,
  utf8,
} from "./sample-frames.js";

/** Every record that a decoder makes of some chunks; they are looked at only when all chunks are in. */
function decodeChunks(chunks: Uint8Array[], decoder = new FrameDecoder()): DecodedRecord[] {
  const records: DecodedRecord[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk);
    for (let next = decoder.next(); next.kind === "record"; next = decoder.next()) records.push(next);
  }
  return records;
}

/** Fresh chunks of the sample log, cut at these offsets. */
function cutLog(...cuts: number[]): Uint8Array[] {
  const offsets = [0, ...cuts, SAMPLE_LOG.length];
  return offsets.slice(1).map((end, i) => SAMPLE_LOG.slice(offsets[i], end));
}

let end = 0;
const SAMPLE_RECORDS = SAMPLE_FRAMES.map(({ record, frame }) => {
  end += frame.length;
  const [key, payload] = [utf8(record.key), utf8(record.payload)];
  return { kind: "record", ...record, key, payload, end, len: frame.length };
});

describe("the same records come out", () => {
  test("of one chunk", () => {
    expect(decodeChunks([SAMPLE_LOG.slice()])).toEqual(SAMPLE_RECORDS);
  });

  test("of two chunks, cut anywhere", () => {
    for (let cut = 0; cut <= SAMPLE_LOG.length; cut++) {
      expect(decodeChunks(cutLog(cut))).toEqual(SAMPLE_RECORDS);
    }
  });

  test("of three chunks, cut anywhere in the first two frames", () => {
    const twoFramesLen = SAMPLE_FRAMES[0]!.frame.length + PUT_FRAME.length;
    for (let first = 0; first <= twoFramesLen; first++) {
      for (let second = first; second <= twoFramesLen; second++) {
        const records = decodeChunks(cutLog(first, second));
        expect(records.map(({ txid, end }) => [txid, end])).toEqual(
          SAMPLE_RECORDS.map(({ txid, end }) => [txid, end]),
        );
      }
    }
  });

  test("of single bytes, with empty chunks between", () => {
    const bytes = [...SAMPLE_LOG].flatMap((byte) => [Uint8Array.of(byte), new Uint8Array(0)]);

    expect(decodeChunks(bytes)).toEqual(SAMPLE_RECORDS);
  });

  test("when all is pushed before the first is asked for", () => {
    const decoder = new FrameDecoder();
    for (const byte of SAMPLE_LOG.slice(0, -1)) decoder.push(Uint8Array.of(byte));

    expect(decodeChunks([SAMPLE_LOG.slice(-1)], decoder)).toEqual(SAMPLE_RECORDS);
  });
});

describe("outcomes", () => {
  test("too few bytes ask for more: first the header, then the frame", () => {
    const decoder = new FrameDecoder();

    expect(decoder.next()).toEqual({ kind: "truncated", available: 0, needed: 24 });
    decoder.push(PUT_FRAME.slice(0, 23));
    expect(decoder.next()).toEqual({ kind: "truncated", available: 23, needed: 24 });
    decoder.push(PUT_FRAME.slice(23, 39));
    expect(decoder.next()).toEqual({ kind: "truncated", available: 39, needed: 40 });
    decoder.push(PUT_FRAME.slice(39));
    expect(decoder.next()).toMatchObject({ kind: "record", end: 40 });
  });

  test("an invalid header is told as soon as its 24 bytes are there, and stays", () => {
    const decoder = new FrameDecoder();
    decodeChunks([PUT_FRAME.slice()], decoder);
    decoder.push(patched(PUT_FRAME, 6, 9).slice(0, 24));

    const outcome = decoder.next();

    expect(outcome).toEqual({ kind: "invalid", reason: "unknown-record-type", found: 9 });
    decoder.push(PUT_FRAME.slice());
    expect(decoder.next()).toEqual(outcome);
    expect(decoder.offset).toBe(40);
  });

  test("a wrong CRC is told with offsets in the stream, and stays", () => {
    const decoder = new FrameDecoder();
    decodeChunks([PUT_FRAME.slice()], decoder);
    decoder.push(patched(PUT_FRAME, 30, 0));

    const outcome = decoder.next();

    expect(outcome).toMatchObject({ kind: "crc-mismatch", end: 80, len: 40, stored: 0x6b5f8d26 });
    expect(decoder.next()).toEqual(outcome);
  });

  test("the offset is that of the next frame, whatever was pushed", () => {
    const decoder = new FrameDecoder();
    const offsets = cutLog(10, 50, 51).flatMap((chunk) => {
      decodeChunks([chunk], decoder);
      return decoder.offset;
    });

    expect(offsets).toEqual([0, 33, 33, SAMPLE_LOG.length]);
  });
});

describe("memory", () => {
  test("a record within one chunk is a view of it", () => {
    const chunks = [PUT_FRAME.slice(), PUT_FRAME.slice()];

    for (const [i, { key, payload }] of decodeChunks(chunks).entries()) {
      expect(key.buffer).toBe(chunks[i]!.buffer);
      expect(payload.buffer).toBe(chunks[i]!.buffer);
    }
  });

  test("no byte of a Buffer's class comes out of one that went in", () => {
    const [record] = decodeChunks([Buffer.from(PUT_FRAME)]);

    expect(Object.getPrototypeOf(record!.key)).toBe(Uint8Array.prototype);
  });

  test("a chunk on shared memory is copied when it is pushed", () => {
    const decoder = new FrameDecoder();
    const chunk = sharedCopy(PUT_FRAME);

    decoder.push(chunk);
    chunk.fill(0);

    expect(decoder.next()).toMatchObject({ kind: "record", key: utf8("alpha") });
  });

  /** The most that bytes in array buffers grew by, in three rounds: memory of others may be collected in one of them. */
  function growthOfBuffers(work: () => unknown): number {
    const growths = [1, 2, 3].map(() => {
      const before = process.memoryUsage().arrayBuffers;
      work();
      return process.memoryUsage().arrayBuffers - before;
    });
    return Math.max(...growths);
  }

  test("a claimed length of 64 MiB allocates nothing before its bytes arrive", () => {
    const claim = patched(PUT_FRAME, 20, 0, 0, 0, 4);
    const grown = growthOfBuffers(() => {
      const decoder = new FrameDecoder();
      for (let at = 0; at < claim.length; at += 4) decoder.push(claim.slice(at, at + 4));
      const needed = recordWireSize(5, MAX_PAYLOAD_LEN);
      expect(decoder.next()).toMatchObject({ kind: "truncated", needed });
    });
    expect(grown).toBeLessThan(1 << 20);
  });

  test("an allocation of 64 MiB would be seen there (canary)", () => {
    expect(growthOfBuffers(() => new Uint8Array(MAX_PAYLOAD_LEN))).toBeGreaterThan(MAX_PAYLOAD_LEN / 2);
  });

  test("a frame that arrives byte by byte is copied a constant number of times", () => {
    const frame = encodeRecord({ type: RecordType.Raw, txid: 1n, payload: new Uint8Array(20_000) });
    const decoder = new FrameDecoder();
    const set = vi.spyOn(Uint8Array.prototype, "set");
    try {
      for (const byte of frame) {
        decoder.push(Uint8Array.of(byte));
        decoder.next();
      }
      const copiedBytes = set.mock.calls.reduce((sum, [source]) => sum + source.length, 0);
      expect(decoder.offset).toBe(frame.length);
      expect(copiedBytes).toBeLessThan(4 * frame.length);
    } finally {
      set.mockRestore();
    }
  });
});

describe("options", () => {
  test("a payload may be as long as maxPayloadLen and no longer", () => {
    const decode = (maxPayloadLen: number) => {
      const decoder = new FrameDecoder({ maxPayloadLen });
      decoder.push(PUT_FRAME.slice());
      return decoder.next();
    };

    expect(decode(7)).toMatchObject({ kind: "record" });
    expect(decode(6)).toEqual({ kind: "invalid", reason: "payload-too-large", found: 7 });
  });

  test("maxPayloadLen is a whole number within the format's limit", () => {
    expect(new FrameDecoder({ maxPayloadLen: MAX_PAYLOAD_LEN }).maxPayloadLen).toBe(MAX_PAYLOAD_LEN);
    for (const maxPayloadLen of [-1, 0.5, MAX_PAYLOAD_LEN + 1, Number.POSITIVE_INFINITY, Number.NaN]) {
      const error = thrownBy(() => new FrameDecoder({ maxPayloadLen }));
      expect(error).toBeInstanceOf(RangeError);
      expect(error).toMatchObject({ code: "ERR_DATAWAL_BAD_CODEC_OPTION", option: "maxPayloadLen" });
    }
  });

  test("the CRC function given is the one used", () => {
    const decoder = new FrameDecoder({ crc: () => 0 });
    decoder.push(patched(PUT_FRAME, 36, 0, 0, 0, 0));

    expect(decoder.next().kind).toBe("record");
  });

  test("a chunk that is a string is refused", () => {
    const error = thrownBy(() => new FrameDecoder().push("text" as unknown as Uint8Array));

    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ code: "ERR_DATAWAL_NOT_BYTES", what: "chunk", actual: "string" });
  });
});

test("two frames and what lies between cannot run together", () => {
  const gap = concat(PUT_FRAME, Uint8Array.of(0), PUT_FRAME);

  expect(decodeChunks([gap])).toHaveLength(1);
});
