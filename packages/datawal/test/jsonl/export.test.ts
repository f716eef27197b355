import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal, DataWalReader } from "datawal";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { appendTo, textOf, treeOf } from "../kit/disk-tree.js";
import { formatJsonlLine } from "../kit/jsonl-line.js";
import { SAMPLE_PAIRS, writeSample } from "../kit/sample-store.js";

const LINES = SAMPLE_PAIRS.map((pair) => {
  const [key, value] = pair.map((one) => new TextEncoder().encode(one));
  return formatJsonlLine(key!, value!);
}).join("");

function sample() {
  const disk = createSimulatedDisk();
  writeSample(disk, "/store");
  return { disk, store: DataWal.openSync("/store", { fileSystem: disk }) };
}

describe("exportJsonl", () => {
  test("writes a line for each live pair, in the order of the keys", async () => {
    const { disk, store } = sample();
    const result = await store.exportJsonl("/export.jsonl");
    expect(textOf(disk, "/export.jsonl")).toBe(LINES);
    expect(result).toEqual({ recordsWritten: 6, bytesWritten: LINES.length });
  });

  test("on this thread is the same", () => {
    const { disk, store } = sample();
    store.exportJsonlSync("/export.jsonl");
    expect(textOf(disk, "/export.jsonl")).toBe(LINES);
  });

  test("is durable when it resolves, new parents included", async () => {
    const { disk, store } = sample();
    await store.exportJsonl("/new/parents/export.jsonl");
    disk.cutPower();
    expect(textOf(disk, "/new/parents/export.jsonl")).toBe(LINES);
  });

  test("changes nothing of the store", async () => {
    const { disk, store } = sample();
    const before = treeOf(disk, "/store");
    await store.exportJsonl("/export.jsonl");
    expect(treeOf(disk, "/store")).toEqual(before);
  });

  test("of an empty store is an empty file", async () => {
    const disk = createSimulatedDisk();
    using store = DataWal.openSync("/store", { fileSystem: disk });
    expect(await store.exportJsonl("/export.jsonl")).toEqual({ recordsWritten: 0, bytesWritten: 0 });
    expect(textOf(disk, "/export.jsonl")).toBe("");
  });

  test("replaces a file, and leaves one named like a temporary alone", async () => {
    const { disk, store } = sample();
    for (const path of ["/export.jsonl", "/export.jsonl.tmp", "/export.jsonl.new"])
      appendTo(disk, path, "somebody's");
    await store.exportJsonl("/export.jsonl");
    expect(textOf(disk, "/export.jsonl")).toBe(LINES);
    expect(disk.list("/").map(({ name }) => name)).toEqual([
      "export.jsonl",
      "export.jsonl.new",
      "export.jsonl.tmp",
      "store",
    ]);
    expect(textOf(disk, "/export.jsonl.tmp")).toBe("somebody's");
  });

  test("may write a file whose name ends in .tmp, whole or not at all", async () => {
    const { disk, store } = sample();
    await store.exportJsonl("/x.tmp");
    expect(textOf(disk, "/x.tmp")).toBe(LINES);
  });

  test("what is written meanwhile does not show", async () => {
    const { disk, store } = sample();
    const exported = store.exportJsonl("/export.jsonl");
    store.put("a", "changed meanwhile");
    store.delete("b");
    await exported;
    expect(textOf(disk, "/export.jsonl")).toBe(LINES);
  });

  test("writes a value larger than any buffer", async () => {
    const disk = createSimulatedDisk();
    using store = DataWal.openSync("/store", { fileSystem: disk });
    const value = new Uint8Array(2_000_000).fill(7);
    store.put("a", value);
    await store.exportJsonl("/export.jsonl");
    expect(textOf(disk, "/export.jsonl")).toBe(formatJsonlLine(Buffer.from("a"), value));
  });

  test("that is given up before it began makes nothing, no directory either", async () => {
    const { disk, store } = sample();
    const exported = store.exportJsonl("/new/export.jsonl", { signal: AbortSignal.abort("given up") });
    await expect(exported).rejects.toBe("given up");
    expect(disk.stat("/new")).toBeUndefined();
  });

  test("tells its progress up to the bytes of the file", async () => {
    const { store } = sample();
    const told: { bytesDone: number; bytesTotal: number }[] = [];
    await store.exportJsonl("/export.jsonl", { onProgress: (progress) => told.push(progress) });
    expect(told[0]).toEqual({ bytesDone: 0, bytesTotal: LINES.length });
    expect(told.at(-1)).toEqual({ bytesDone: LINES.length, bytesTotal: LINES.length });
  });

  test.each([undefined, "", 7])("has to be given a path: %s", async (path) => {
    const { store } = sample();
    await expect(store.exportJsonl(path as string)).rejects.toMatchObject({ code: "ERR_DATAWAL_NOT_A_PATH" });
  });

  test("does not replace a directory", async () => {
    const { disk, store } = sample();
    disk.makeDirectory("/export.jsonl");
    await expect(store.exportJsonl("/export.jsonl")).rejects.toMatchObject({
      code: "ERR_DATAWAL_NOT_A_FILE",
    });
  });
});

describe("exportJsonl that is not to overwrite", () => {
  const once = { overwrite: false };

  test("makes a file that is not there, durably, and leaves no other", async () => {
    const { disk, store } = sample();
    await store.exportJsonl("/new/export.jsonl", once);
    disk.cutPower();
    expect(textOf(disk, "/new/export.jsonl")).toBe(LINES);
    expect(disk.list("/new")).toHaveLength(1);
  });

  test("leaves what is there as it is", async () => {
    const { disk, store } = sample();
    appendTo(disk, "/export.jsonl", "mine");
    const refusal = { code: "ERR_DATAWAL_TARGET_EXISTS", path: "/export.jsonl" };
    await expect(store.exportJsonl("/export.jsonl", once)).rejects.toMatchObject(refusal);
    expect(textOf(disk, "/export.jsonl")).toBe("mine");
  });

  test("leaves a file that appears while it writes, and nothing of its own", async () => {
    const { disk, store } = sample();
    const onProgress = ({ bytesDone }: { bytesDone: number }) => {
      if (bytesDone > 0 && !disk.stat("/export.jsonl")) appendTo(disk, "/export.jsonl", "theirs");
    };
    await expect(store.exportJsonl("/export.jsonl", { ...once, onProgress })).rejects.toMatchObject({
      code: "ERR_DATAWAL_TARGET_EXISTS",
    });
    expect(textOf(disk, "/export.jsonl")).toBe("theirs");
    expect(disk.list("/").map(({ name }) => name)).toEqual(["export.jsonl", "store"]);
  });
});

describe("on a real disk", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "datawal-"));
    using store = DataWal.openSync(join(directory, "store"));
    store.put("a", "1");
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const line = '{"key_b64":"YQ==","value_b64":"MQ=="}\n';

  test("the mode of a file that is replaced is kept", () => {
    const path = join(directory, "export.jsonl");
    writeFileSync(path, "");
    chmodSync(path, 0o600);
    using reader = DataWalReader.openSync(join(directory, "store"));
    reader.exportJsonlSync(path);
    expect(readFileSync(path, "utf8")).toBe(line);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("a link that leads nowhere is something that is there", () => {
    symlinkSync("missing", join(directory, "link"));
    using reader = DataWalReader.openSync(join(directory, "store"));
    expect(() => reader.exportJsonlSync(join(directory, "link"), { overwrite: false })).toThrow(
      /link: expected nothing there/,
    );
    expect(readdirSync(directory).sort()).toEqual(["link", "store"]);
  });

  test("a link is followed, and stays", () => {
    writeFileSync(join(directory, "file"), "");
    symlinkSync("file", join(directory, "link"));
    using reader = DataWalReader.openSync(join(directory, "store"));
    reader.exportJsonlSync(join(directory, "link"));
    expect(readFileSync(join(directory, "file"), "utf8")).toBe(line);
    expect(readdirSync(directory).sort()).toEqual(["file", "link", "store"]);
  });
});
