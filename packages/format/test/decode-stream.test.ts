import { Readable } from "node:stream";
import { type ByteSource, type DecodedRecord, decodeStream } from "@datawal/format";
import { describe, expect, test } from "vitest";
import { concat, PUT_FRAME, patched, SAMPLE_FRAMES, SAMPLE_LOG, thrownBy, utf8 } from "./sample-frames.js";

/** The sample log in chunks of a few bytes, made anew so that each may be kept. */
function chunksOf(bytes: Uint8Array, chunkLen: number): Uint8Array[] {
  const count = Math.ceil(bytes.length / chunkLen);
  return Array.from({ length: count }, (_, i) => bytes.slice(i * chunkLen, (i + 1) * chunkLen));
}

async function* asyncly<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

function notIterable(chunks: Uint8Array[]): ByteSource {
  const stream: ReadableStream<Uint8Array> = ReadableStream.from(chunks);
  return { getReader: () => stream.getReader(), cancel: () => stream.cancel() };
}

async function collect(source: ByteSource, maxPayloadLen?: number): Promise<DecodedRecord[]> {
  const records: DecodedRecord[] = [];
  for await (const record of decodeStream(source, { maxPayloadLen })) records.push(record);
  return records;
}

const SAMPLE_PAYLOADS = SAMPLE_FRAMES.map(({ record }) => utf8(record.payload));

describe("a stream of frames gives its records", () => {
  const sources: [string, (chunks: Uint8Array[]) => ByteSource][] = [
    ["a web stream", (chunks) => ReadableStream.from(chunks)],
    ["a web stream of a browser that cannot iterate over one", (chunks) => notIterable(chunks)],
    ["a Node stream", (chunks) => Readable.from(chunks.map((chunk) => Buffer.from(chunk)))],
    ["an async iterable", (chunks) => asyncly(chunks)],
    ["an array", (chunks) => chunks],
  ];

  test.each(sources)("from %s", async (_name, source) => {
    for (const chunkLen of [1, 7, 24, 1000]) {
      const records = await collect(source(chunksOf(SAMPLE_LOG, chunkLen)));

      expect(records.map(({ payload }) => payload)).toEqual(SAMPLE_PAYLOADS);
      expect(records.at(-1)!.end).toBe(SAMPLE_LOG.length);
    }
  });

  test.each(sources)("none from %s without a byte", async (_name, source) => {
    expect(await collect(source([]))).toEqual([]);
  });
});

test("a record is given out before the next chunk is asked for", async () => {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield PUT_FRAME.slice();
    throw new Error("asked for more");
  }

  const first = await decodeStream(source()).next();

  expect(first.value).toMatchObject({ kind: "record", txid: 42n });
});

describe("what is not a frame is an error with code and stream offset", () => {
  const damaged: [string, Uint8Array, object][] = [
    ["bad magic", patched(PUT_FRAME, 0, 0x64), { code: "ERR_DATAWAL_BAD_MAGIC", actual: 0x4c415764 }],
    ["unknown version", patched(PUT_FRAME, 4, 2), { code: "ERR_DATAWAL_UNKNOWN_VERSION", actual: 2 }],
    ["unknown type", patched(PUT_FRAME, 6, 3), { code: "ERR_DATAWAL_UNKNOWN_RECORD_TYPE", actual: 3 }],
    ["flags", patched(PUT_FRAME, 7, 1), { code: "ERR_DATAWAL_RESERVED_FLAGS", actual: 1 }],
    [
      "key too large",
      patched(PUT_FRAME, 18, 2),
      { code: "ERR_DATAWAL_FRAME_KEY_TOO_LARGE", actual: 131_077 },
    ],
    [
      "payload too large",
      patched(PUT_FRAME, 23, 5),
      { code: "ERR_DATAWAL_FRAME_PAYLOAD_TOO_LARGE", actual: 83_886_087 },
    ],
    ["wrong CRC", patched(PUT_FRAME, 39, 0), { code: "ERR_DATAWAL_CRC_MISMATCH", stored: 0x005f8d26 }],
    [
      "an end inside a header",
      PUT_FRAME.slice(0, 5),
      { code: "ERR_DATAWAL_STREAM_TRUNCATED", available: 5, needed: 24 },
    ],
    [
      "an end inside a body",
      PUT_FRAME.slice(0, 39),
      { code: "ERR_DATAWAL_STREAM_TRUNCATED", available: 39, needed: 40 },
    ],
  ];

  test.each(damaged)("%s", async (_name, frame, facts) => {
    const stream = decodeStream(chunksOf(concat(PUT_FRAME, frame), 11));

    expect((await stream.next()).value).toMatchObject({ txid: 42n });
    const error = await stream.next().catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ name: "FormatError", offset: 40, ...facts });
    expect((error as Error).message).toMatch(/^datawal: .*, at stream offset 40; .*resume there$/);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });
});

test("a payload beyond maxPayloadLen is refused on its header alone", async () => {
  async function* headerThenSilence(): AsyncGenerator<Uint8Array> {
    yield PUT_FRAME.slice(0, 24);
    throw new Error("asked for the body");
  }

  expect(await collect([PUT_FRAME.slice()], 7)).toHaveLength(1);
  await expect(collect(headerThenSilence(), 6)).rejects.toMatchObject({
    code: "ERR_DATAWAL_FRAME_PAYLOAD_TOO_LARGE",
    actual: 7,
    message: expect.stringContaining("payload_len 7 exceeds maxPayloadLen 6"),
  });
});

describe("the source is let go", () => {
  function watchedSources(): { source: ByteSource; isLetGo: () => boolean }[] {
    let generatorEnded = false;
    async function* generator(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield PUT_FRAME.slice();
      } finally {
        generatorEnded = true;
      }
    }
    let webCancelled = false;
    const web = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(PUT_FRAME.slice()),
      cancel: () => {
        webCancelled = true;
      },
    });
    const node = Readable.from(generator());
    return [
      { source: generator(), isLetGo: () => generatorEnded },
      { source: web, isLetGo: () => webCancelled && !web.locked },
      { source: node, isLetGo: () => node.destroyed },
    ];
  }

  test("when the loop is left", async () => {
    for (const { source, isLetGo } of watchedSources()) {
      for await (const _record of decodeStream(source)) break;
      expect(isLetGo()).toBe(true);
    }
  });

  test("when a frame is bad", async () => {
    const wrongCrc = { crc: () => 0 };
    for (const { source, isLetGo } of watchedSources()) {
      await expect(decodeStream(source, wrongCrc).next()).rejects.toMatchObject({
        code: "ERR_DATAWAL_CRC_MISMATCH",
      });
      expect(isLetGo()).toBe(true);
    }
  });

  test("when it has ended", async () => {
    const web = ReadableStream.from([PUT_FRAME.slice()]);
    await collect(web);
    expect(web.locked).toBe(false);
  });
});

test("an error of the source passes unchanged", async () => {
  const failure = new Error("connection lost");
  const failingWeb = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(failure) });
  async function* failingIterable(): AsyncGenerator<Uint8Array> {
    yield PUT_FRAME.slice(0, 10);
    throw failure;
  }

  await expect(collect(failingWeb)).rejects.toBe(failure);
  await expect(collect(failingIterable())).rejects.toBe(failure);
});

describe("wrong arguments", () => {
  test("what is no source is refused at once", () => {
    for (const source of [undefined, null, 7, "text", {}]) {
      const error = thrownBy(() => decodeStream(source as unknown as ByteSource));
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toMatchObject({ code: "ERR_DATAWAL_NOT_A_BYTE_SOURCE" });
    }
  });

  test("a wrong option is refused at once", () => {
    const error = thrownBy(() => decodeStream([], { maxPayloadLen: -1 }));
    expect(error).toMatchObject({ code: "ERR_DATAWAL_BAD_CODEC_OPTION" });
  });

  test("bytes in place of a stream of chunks, or text chunks, are refused", async () => {
    for (const source of [PUT_FRAME, ["text"], Readable.from(["text"])]) {
      await expect(collect(source as unknown as ByteSource)).rejects.toMatchObject({
        code: "ERR_DATAWAL_NOT_BYTES",
        what: "chunk",
      });
    }
  });
});
