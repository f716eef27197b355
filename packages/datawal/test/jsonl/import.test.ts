import { getEventListeners } from "node:events";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { runAsync } from "@datawal/safeatomic/internal";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { type BadLineReason, DataWal, type ImportSource, json, utf8 } from "datawal";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { draw, openSource } from "../../src/jsonl/import-source.js";
import { JSONL_LINE_LEN_MAX } from "../../src/jsonl/line.js";
import { appendTo } from "../kit/disk-tree.js";
import { formatJsonlLine } from "../kit/jsonl-line.js";
import { failingDisk } from "../kit/port-failures.js";
import { SAMPLE_PAIRS, writeSample } from "../kit/sample-store.js";

const text = { key: utf8, value: utf8 };
const encoded = (value: string) => new TextEncoder().encode(value);
const line = (key: string, value: string) => formatJsonlLine(encoded(key), encoded(value)).trimEnd();
const AB = [line("a", "1"), line("b", "2")] as const;
const AB_PAIRS = [
  ["a", "1"],
  ["b", "2"],
];

function empty() {
  const fileSystem = createSimulatedDisk();
  return { fileSystem, store: DataWal.openSync("/store", { ...text, fileSystem }) };
}

test("a file that cannot be closed behind the last line is told with what was imported by then", async () => {
  const path = "/lines.jsonl";
  const { port, arm } = failingDisk((disk) => appendTo(disk, path, encoded(`${AB.join("\n")}\n`)));
  using store = DataWal.openSync("/store", { ...text, fileSystem: port });
  let closes = 0;
  arm(({ operation, path: closed }) => {
    if (operation === "file.close" && closed === path) closes++;
    return operation === "file.close" && closed === path ? { errno: "EIO" } : undefined;
  });
  const error = await store.importJsonl(path).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "ERR_DATAWAL_IMPORT_FAILED", recordsImported: store.size });
  expect(closes).toBeGreaterThan(0);
});

test("a source that complains when it is let go does not hide why the import failed", async () => {
  const { store } = empty();
  function* source() {
    try {
      yield AB[0];
      yield "no pair";
    } finally {
      // biome-ignore lint/correctness/noUnsafeFinally: what a source may do is the point.
      throw new Error("let go");
    }
  }
  await expect(store.importJsonl(source())).rejects.toMatchObject({ code: "ERR_DATAWAL_BAD_LINE" });
});

describe("an import of an export makes the same pairs", () => {
  test("from a path, asynchronously and not", async () => {
    const fileSystem = createSimulatedDisk();
    writeSample(fileSystem, "/sample");
    using sample = DataWal.openSync("/sample", { ...text, fileSystem });
    sample.exportJsonlSync("/export.jsonl");
    for (const dir of ["/one", "/other"]) {
      using store = DataWal.openSync(dir, { ...text, fileSystem });
      const result =
        dir === "/one" ? await store.importJsonl("/export.jsonl") : store.importJsonlSync("/export.jsonl");
      expect(result).toEqual({ recordsImported: 6, linesSkipped: 0 });
      expect([...store]).toEqual(SAMPLE_PAIRS);
    }
  });

  test("whatever the bytes, wherever the chunks are cut", () => {
    const bytes = fc.uint8Array({ maxLength: 20 });
    fc.assert(
      fc.property(fc.array(fc.tuple(bytes, bytes)), fc.integer({ min: 1, max: 50 }), (pairs, chunkLen) => {
        const file = Buffer.from(pairs.map(([key, value]) => formatJsonlLine(key, value)).join(""));
        const chunks: Uint8Array[] = [];
        for (let start = 0; start < file.length; start += chunkLen)
          chunks.push(file.subarray(start, start + chunkLen));
        using store = DataWal.openSync("/store", { fileSystem: createSimulatedDisk() });
        expect(store.importJsonlSync(chunks).recordsImported).toBe(pairs.length);
        const expected = new Map(pairs.map(([key, value]) => [key.toString(), [...value]]));
        expect(new Map([...store].map(([key, value]) => [key.toString(), [...value]]))).toEqual(expected);
      }),
    );
  });

  test("keys and values are taken as bytes, codecs play no part", async () => {
    const fileSystem = createSimulatedDisk();
    using store = DataWal.openSync("/store", { key: utf8, value: json(), fileSystem });
    await store.importJsonl([line("a", '{"n":1}')]);
    expect(store.get("a")).toEqual({ n: 1 });
  });
});

describe("lines come from", () => {
  async function* lines() {
    for (const one of AB) {
      await nextTurn();
      yield one;
    }
  }

  const sources: [string, () => ImportSource][] = [
    ["an array of lines", () => AB],
    ["lines that keep their ends", () => AB.map((one) => `${one}\r\n`)],
    ["a generator of bytes", () => [encoded(AB[0]), encoded("\n"), encoded(AB[1])].values()],
    ["an async generator of lines", lines],
    [
      "a stream of bytes",
      () => Readable.from([Buffer.from(`${AB[0]}\n${AB[1].slice(0, 9)}`), Buffer.from(AB[1].slice(9))]),
    ],
    [
      "a web stream of bytes",
      () => new Blob([AB.join("\n")]).stream() as unknown as AsyncIterable<Uint8Array>,
    ],
    ["lines and bytes in turn", () => [encoded(AB[0]), AB[1]]],
  ];

  test.each(sources)("%s", async (_, source) => {
    const { store } = empty();
    expect(await store.importJsonl(source())).toEqual({ recordsImported: 2, linesSkipped: 0 });
    expect([...store]).toEqual(AB_PAIRS);
  });

  test("a link to a file, on a real disk", () => {
    const directory = mkdtempSync(join(tmpdir(), "datawal-"));
    try {
      writeFileSync(join(directory, "file"), `${AB.join("\n")}\n`);
      symlinkSync("file", join(directory, "link"));
      using store = DataWal.openSync(join(directory, "store"), text);
      expect(store.importJsonlSync(join(directory, "link"))).toEqual({ recordsImported: 2, linesSkipped: 0 });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe("what a text may look like", () => {
  test.each([
    ["the last line without its end", AB.join("\n")],
    ["CRLF", `${AB.join("\r\n")}\r\n`],
    ["blank lines", `\n${AB.join("\n\n \t\n")}\n\n\r\n`],
    ["white space within a line", AB.join("\n").replaceAll('":', '" : ').replaceAll(",", " ,\t")],
  ])("%s", async (_, content) => {
    const { fileSystem, store } = empty();
    appendTo(fileSystem, "/import.jsonl", content);
    expect(await store.importJsonl("/import.jsonl")).toEqual({ recordsImported: 2, linesSkipped: 0 });
    expect([...store]).toEqual(AB_PAIRS);
  });

  test("nothing at all", async () => {
    const { store } = empty();
    for (const nothing of [[], [""], [encoded("")]]) {
      expect(await store.importJsonl(nothing)).toEqual({ recordsImported: 0, linesSkipped: 0 });
    }
  });

  test("a later line of a key wins", async () => {
    const { store } = empty();
    await store.importJsonl([line("a", "old"), AB[0]]);
    expect([...store]).toEqual([["a", "1"]]);
  });
});

describe("a bad line", () => {
  const bad = `${AB[0]}\n\n{"key_b64":"!","value_b64":""}\n${AB[1]}\nnonsense\n`;

  test("stops the import; the lines before it are in the store, and none behind", async () => {
    const { store } = empty();
    await expect(store.importJsonl([encoded(bad)])).rejects.toMatchObject({
      name: "DataWalError",
      code: "ERR_DATAWAL_BAD_LINE",
      line: 3,
      reason: "not-base64",
      recordsImported: 1,
      message: expect.stringContaining("line 3"),
    });
    expect([...store]).toEqual([["a", "1"]]);
  });

  test("is told to onBadLine, and skipped", async () => {
    const { store } = empty();
    const told: [number, BadLineReason][] = [];
    const result = await store.importJsonl([encoded(bad)], { onBadLine: (...where) => told.push(where) });
    expect(result).toEqual({ recordsImported: 2, linesSkipped: 2 });
    expect(told).toEqual([
      [3, "not-base64"],
      [5, "not-a-json-object"],
    ]);
    expect([...store]).toEqual(AB_PAIRS);
  });

  test("stops the import where onBadLine throws", async () => {
    const { store } = empty();
    const onBadLine = () => {
      throw new Error("enough");
    };
    await expect(store.importJsonl([encoded(bad)], { onBadLine })).rejects.toThrow("enough");
  });

  test("may be longer than memory: it is not gathered, and the next line is read", async () => {
    const { store } = empty();
    function* chunks() {
      const megabyte = new Uint8Array(1 << 20).fill(0x20);
      for (let count = 0; count <= JSONL_LINE_LEN_MAX >> 20; count++) yield megabyte;
      yield encoded(`\n${AB[1]}`);
    }
    const told: [number, BadLineReason][] = [];
    await store.importJsonl(chunks(), { onBadLine: (...where) => told.push(where) });
    expect(told).toEqual([[1, "line-too-long"]]);
    expect([...store.keys()]).toEqual(["b"]);
  });
});

describe("an import that cannot go on", () => {
  /** Twelve lines of 300 KB each, with a bad end. */
  function* largeLines(end: () => unknown): Generator<string> {
    for (let index = 0; index < 12; index++) yield line(`key ${index}`, "x".repeat(75_000));
    end();
  }

  test("because the source fails says how many records are in the store, and why", async () => {
    const { store } = empty();
    const cause = new Error("the source ran dry");
    const source = largeLines(() => {
      throw cause;
    });
    const failure = await store.importJsonl(source).catch((error) => error);
    expect(failure).toMatchObject({ code: "ERR_DATAWAL_IMPORT_FAILED", line: 12, cause });
    expect(failure.recordsImported).toBe(store.size);
    expect(store.size).toBeGreaterThan(0);
  });

  test("because an asynchronous source fails says the same", async () => {
    const { store } = empty();
    const cause = new Error("the source ran dry");
    const source = Readable.from([Buffer.from(`${AB[0]}\n`)]);
    source.destroy(cause);
    // A turn before the first chunk was asked for ended the process: nobody heard that the stream had failed.
    const onProgress = () => nextTurn();
    await expect(store.importJsonl(source, { onProgress })).rejects.toMatchObject({
      code: "ERR_DATAWAL_IMPORT_FAILED",
      recordsImported: 0,
      cause,
    });
  });

  test("because the disk is full says how many records are in the store, those of half a batch included", async () => {
    const { port, arm } = failingDisk(() => {});
    // Each line fills a segment, and so takes a write of its own; four of them make a batch.
    using store = DataWal.openSync("/store", { ...text, segmentBytesMax: 12_000, fileSystem: port });
    const lines = Array.from({ length: 20 }, (_, index) => line(`${index}`, "x".repeat(10_000)));
    let writes = 0;
    arm(({ operation }) => (operation === "file.append" && ++writes > 6 ? { errno: "ENOSPC" } : undefined));
    const failure = await store.importJsonl(lines).catch((error) => error);
    expect(failure).toMatchObject({
      code: "ERR_DATAWAL_IMPORT_FAILED",
      recordsImported: 6,
      cause: { code: "ERR_DATAWAL_BATCH_FAILED", recordsAppended: 2 },
    });
    expect(store.size).toBe(6);
  });

  test("because the file is not there, or cannot be read", async () => {
    const { port, disk, arm } = failingDisk(() => {});
    using store = DataWal.openSync("/store", { ...text, fileSystem: port });
    await expect(store.importJsonl("/missing")).rejects.toMatchObject({
      code: "ERR_DATAWAL_STORE_IO",
      errno: "ENOENT",
    });
    appendTo(disk, "/import.jsonl", AB[0]);
    const openFiles = port.openFileCount;
    arm(({ operation }) => (operation === "file.readAt" ? { errno: "EIO" } : undefined));
    await expect(store.importJsonl("/import.jsonl")).rejects.toMatchObject({
      code: "ERR_DATAWAL_IMPORT_FAILED",
      cause: { code: "EIO" },
    });
    expect(port.openFileCount).toBe(openFiles);
  });

  test.each([
    ["no source", 7],
    ["null", null],
    ["bytes that are not in a list", new Uint8Array(3)],
    ["a list of numbers", [7]],
    ["a text with several lines in one string", [AB.join("\n")]],
  ])("because it was given %s", async (_, source) => {
    const { store } = empty();
    await expect(store.importJsonl(source as never)).rejects.toMatchObject({
      name: "TypeError",
      code: "ERR_DATAWAL_BAD_IMPORT_SOURCE",
    });
  });

  test("on this thread because its source has to be waited for", () => {
    const { store } = empty();
    const source = Readable.from([]) as AsyncIterable<Uint8Array>;
    expect(() => store.importJsonlSync(source as never)).toThrow(
      expect.objectContaining({ name: "TypeError", code: "ERR_DATAWAL_BAD_IMPORT_SOURCE" }),
    );
  });
});

describe("an import is given up", () => {
  /** Yields a line, then never answers again. */
  function stalled() {
    let returned = false;
    const source: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => {
        const answers = [Promise.resolve({ done: false as const, value: AB[0] })];
        return {
          next: () => answers.pop() ?? new Promise(() => {}),
          return: async () => {
            returned = true;
            return { done: true, value: undefined };
          },
        };
      },
    };
    return { source, isReturned: () => returned };
  }

  test("by its signal, also while it waits for a source that never answers", async () => {
    const { store } = empty();
    const { source, isReturned } = stalled();
    const controller = new AbortController();
    const importing = store.importJsonl(source, { signal: controller.signal });
    await nextTurn();
    controller.abort("given up");
    await expect(importing).rejects.toBe("given up");
    expect(isReturned()).toBe(true);
    store.put("still", "open");
  });

  test("by closing the store, which does not wait for the source", async () => {
    const { store } = empty();
    const importing = store.importJsonl(stalled().source);
    const refusal = expect(importing).rejects.toMatchObject({ code: "ERR_DATAWAL_CLOSED" });
    await nextTurn();
    await store.close();
    await refusal;
  });

  test("by closing the store on this thread", async () => {
    const { store } = empty();
    const importing = store.importJsonl(stalled().source);
    await nextTurn();
    store.closeSync();
    await expect(importing).rejects.toMatchObject({ code: "ERR_DATAWAL_CLOSED" });
  });

  test("by closing the store from onBadLine", () => {
    const { store } = empty();
    const onBadLine = () => store.closeSync();
    expect(() => store.importJsonlSync([AB[0], "nonsense"], { onBadLine })).toThrow(
      expect.objectContaining({ code: "ERR_DATAWAL_CLOSED" }),
    );
  });

  test("by its source itself, which then never answers", async () => {
    const { store } = empty();
    const controller = new AbortController();
    const source: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({
        next() {
          controller.abort("given up");
          return new Promise(() => {});
        },
      }),
    };
    await expect(store.importJsonl(source, { signal: controller.signal })).rejects.toBe("given up");
  });

  test("and leaves nothing behind on a signal that lives longer", async () => {
    const { signal } = new AbortController();
    const source = openSource(createSimulatedDisk(), Readable.from(AB));
    for (const line of AB) {
      expect(await runAsync(draw(source, signal, (cause) => cause))).toEqual({ done: false, value: line });
    }
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  test("at a progress step; a prefix of the lines is in the store, and the file is closed", async () => {
    const { port, disk } = failingDisk(() => {});
    const lines = Array.from({ length: 2000 }, (_, index) => `${line(`key ${index}`, "x".repeat(3000))}\n`);
    appendTo(disk, "/import.jsonl", lines.join(""));
    using store = DataWal.openSync("/store", { ...text, fileSystem: port });
    const openFiles = port.openFileCount;
    const controller = new AbortController();
    const onProgress = ({ bytesDone, bytesTotal }: { bytesDone: number; bytesTotal: number }) => {
      if (bytesDone > bytesTotal / 2) controller.abort("given up");
    };
    const importing = store.importJsonl("/import.jsonl", { signal: controller.signal, onProgress });
    await expect(importing).rejects.toBe("given up");
    expect(port.openFileCount).toBe(openFiles);
    expect([...store.keys()]).toEqual(Array.from({ length: store.size }, (_, index) => `key ${index}`));
    expect(store.size).toBeGreaterThan(100);
    expect(store.size).toBeLessThan(2000);
  });

  test("before it began", async () => {
    const { store } = empty();
    const importing = store.importJsonl(AB, { signal: AbortSignal.abort("given up") });
    await expect(importing).rejects.toBe("given up");
    expect(store.size).toBe(0);
  });
});

test("other writes go on during an import, and may win", async () => {
  const { store } = empty();
  async function* source() {
    yield AB[0];
    store.put("b", "put meanwhile");
    await nextTurn();
    yield AB[1];
  }
  await store.importJsonl(source());
  expect(store.get("b")).toBe("2");
});

test("lines are put in batches of about 32 KiB, one write each", async () => {
  const { port, arm } = failingDisk(() => {});
  using store = DataWal.openSync("/store", { ...text, fileSystem: port });
  const writes: number[] = [];
  arm(({ operation, byteCount }) => {
    if (operation === "file.append") writes.push(byteCount!);
  });
  await store.importJsonl(Array.from({ length: 100 }, (_, index) => line(`${index}`, "x".repeat(1_000))));
  expect(writes).toHaveLength(4);
  expect(Math.max(...writes)).toBeLessThan(1.1 * (1 << 15));
});
