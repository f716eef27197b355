import { encodeRecord, RecordType } from "@datawal/format";
import { createSimulatedDisk, StoppedError } from "@datawal/safeatomic/testing";
import { DataWal, DataWalReader, utf8 } from "datawal";
import { describe, expect, test } from "vitest";
import { appendTo, bytesOf, treeOf, withoutLocks } from "../kit/disk-tree.js";
import { failingDisk } from "../kit/port-failures.js";
import { pairsOf, SAMPLE_PAIRS, writeSample } from "../kit/sample-store.js";

/** The one segment that a compaction of the sample makes. */
const COMPACTED = Buffer.concat(
  SAMPLE_PAIRS.map(([key, payload], index) =>
    encodeRecord({ type: RecordType.Put, txid: BigInt(index + 1), key, payload }),
  ),
).toString("hex");

function sample() {
  const disk = createSimulatedDisk();
  writeSample(disk, "/store");
  return { disk, store: DataWal.openSync("/store", { fileSystem: disk }) };
}

describe("compactTo", () => {
  test("writes one segment of the live pairs in the order of their keys, txids from 1, and no lock file", async () => {
    const { disk, store } = sample();
    const result = await store.compactTo("/target");
    expect(treeOf(disk, "/target")).toEqual({ "/target/00000001.dwal": COMPACTED });
    expect(result).toEqual({ liveKeys: 6, recordsWritten: 6, bytesWritten: COMPACTED.length / 2 });
  });

  test("on this thread is the same", () => {
    const { disk, store } = sample();
    expect(store.compactToSync("/target").liveKeys).toBe(6);
    expect(treeOf(disk, "/target")).toEqual({ "/target/00000001.dwal": COMPACTED });
  });

  test("is durable when it resolves, new parents included", async () => {
    const { disk, store } = sample();
    await store.compactTo("/new/parents/target");
    disk.cutPower();
    expect(treeOf(disk, "/new")).toEqual({ "/new/parents/target/00000001.dwal": COMPACTED });
  });

  test("changes nothing of the store", async () => {
    const { disk, store } = sample();
    const before = treeOf(disk, "/store");
    await store.compactTo("/target");
    expect(treeOf(disk, "/store")).toEqual(before);
  });

  test("of an empty store is an empty segment, which opens", async () => {
    const disk = createSimulatedDisk();
    using store = DataWal.openSync("/store", { fileSystem: disk });
    expect(await store.compactTo("/target")).toEqual({ liveKeys: 0, recordsWritten: 0, bytesWritten: 0 });
    expect(pairsOf(disk, "/target")).toEqual([]);
  });

  test("writes values larger than any buffer, and one segment whatever segmentBytesMax is", async () => {
    const disk = createSimulatedDisk();
    using store = DataWal.openSync("/store", {
      key: utf8,
      value: utf8,
      segmentBytesMax: 1000,
      fileSystem: disk,
    });
    store.putMany([
      ["a", "x".repeat(3_000_000)],
      ["b", "y".repeat(600_000)],
      ["c", "z"],
    ]);
    await store.compactTo("/target");
    using compacted = DataWalReader.openSync("/target", { key: utf8, value: utf8, fileSystem: disk });
    expect([...compacted]).toEqual([...store]);
    expect(compacted.stats().segments).toBe(1);
  });
});

test("a compaction that is given up before it began makes nothing, no directory either", async () => {
  const { disk, store } = sample();
  const compaction = store.compactTo("/target", { signal: AbortSignal.abort("given up") });
  await expect(compaction).rejects.toBe("given up");
  expect(disk.stat("/target")).toBeUndefined();
});

describe("the target", () => {
  test("may be an empty directory", async () => {
    const { disk, store } = sample();
    disk.makeDirectory("/target");
    await store.compactTo("/target");
    expect(Object.keys(treeOf(disk, "/target"))).toEqual(["/target/00000001.dwal"]);
  });

  test("may hold what a compaction that was killed left there", async () => {
    const { disk, store } = sample();
    disk.makeDirectory("/target");
    appendTo(disk, "/target/00000001.dwal.new", "half a segment");
    await store.compactTo("/target");
    expect(treeOf(disk, "/target")).toEqual({ "/target/00000001.dwal": COMPACTED });
  });

  test.each(["00000001.dwal", ".lock", "notes.txt", "00000002.dwal.new"])(
    "may hold nothing else: %s",
    async (name) => {
      const { disk, store } = sample();
      disk.makeDirectory("/target");
      appendTo(disk, `/target/${name}`, "somebody's");
      const before = treeOf(disk);
      await expect(store.compactTo("/target")).rejects.toMatchObject({
        code: "ERR_DATAWAL_TARGET_EXISTS",
        path: "/target",
        message: expect.stringContaining(name),
      });
      expect(treeOf(disk)).toEqual(before);
    },
  );

  test("may not be the store itself", async () => {
    const { store } = sample();
    await expect(store.compactTo("/store")).rejects.toMatchObject({ code: "ERR_DATAWAL_TARGET_EXISTS" });
  });

  test("may not be a file", async () => {
    const { disk, store } = sample();
    appendTo(disk, "/target", "somebody's");
    await expect(store.compactTo("/target")).rejects.toMatchObject({ code: "ERR_DATAWAL_NOT_A_DIRECTORY" });
  });

  test.each([undefined, "", 7])("has to be a path: %s", async (target) => {
    const { store } = sample();
    await expect(store.compactTo(target as string)).rejects.toMatchObject({
      name: "TypeError",
      code: "ERR_DATAWAL_NOT_A_PATH",
    });
  });

  test("that somebody makes a store of meanwhile is theirs", () => {
    const { port, disk, arm } = failingDisk((prepared) => writeSample(prepared, "/store"));
    using store = DataWal.openSync("/store", { fileSystem: port });
    arm(({ operation, path }) => {
      if (operation === "file.append" && path === "/target/00000001.dwal.new")
        appendTo(disk, "/target/00000001.dwal", "theirs");
    });
    expect(() => store.compactToSync("/target")).toThrow(
      expect.objectContaining({ code: "ERR_DATAWAL_TARGET_EXISTS" }),
    );
    expect(treeOf(disk, "/target")).toEqual({
      "/target/00000001.dwal": Buffer.from("theirs").toString("hex"),
    });
  });

  // The segment got its name by renaming, which replaces: whatever came between the last look and that was gone.
  test("that somebody makes a store of at whichever call is theirs, or ours was there first", () => {
    const outcomes = new Set<string | undefined>();
    for (let at = 0, calls = 1; at < calls; at++) {
      const { port, disk, arm } = failingDisk((prepared) => writeSample(prepared, "/store"));
      let code: string | undefined;
      let isTheirs = false;
      using store = DataWal.openSync("/store", { fileSystem: port });
      arm(({ index }) => {
        calls = Math.max(calls, index + 1);
        if (index !== at || disk.stat("/target/00000001.dwal")) return;
        if (!disk.stat("/target")) disk.makeDirectory("/target");
        appendTo(disk, "/target/00000001.dwal", "theirs");
        isTheirs = true;
      });
      try {
        store.compactToSync("/target");
      } catch (error) {
        code = (error as { code: string }).code;
      }
      arm(() => undefined);
      const expected = isTheirs ? Buffer.from("theirs").toString("hex") : COMPACTED;
      expect(treeOf(disk, "/target"), `call ${at}`).toEqual({ "/target/00000001.dwal": expected });
      expect(code === undefined, `call ${at}`).toBe(!isTheirs);
      outcomes.add(code);
    }
    expect(outcomes).toEqual(new Set(["ERR_DATAWAL_TARGET_EXISTS", undefined]));
  });

  test("shows the segment, and a twin of it, where the process dies behind the link: the next open removes the twin", () => {
    const { port, disk, arm } = failingDisk((prepared) => writeSample(prepared, "/store"));
    const store = DataWal.openSync("/store", { fileSystem: port });
    arm(({ operation, path }) =>
      operation === "removeFile" && path.startsWith("/target/") ? "stop" : undefined,
    );
    expect(() => store.compactToSync("/target")).toThrow(StoppedError);
    disk.killProcess();
    expect(Object.keys(treeOf(disk, "/target"))).toEqual([
      "/target/00000001.dwal",
      "/target/00000001.dwal.new",
    ]);
    const target = DataWal.openSync("/target", { fileSystem: disk });
    expect(target.recoveryReport().warnings).toEqual([]);
    expect(target.stats().segments).toBe(1);
    target.put("written", "to the segment itself");
    target.closeSync();
    expect(Object.keys(withoutLocks(treeOf(disk, "/target")))).toEqual(["/target/00000001.dwal"]);
  });

  test("that somebody removed the twin of is whole", () => {
    const { port, disk, arm } = failingDisk((prepared) => writeSample(prepared, "/store"));
    using store = DataWal.openSync("/store", { fileSystem: port });
    arm(({ operation, path }) => {
      if (operation === "removeFile" && path.startsWith("/target/")) disk.removeFile(path);
    });
    store.compactToSync("/target");
    expect(treeOf(disk, "/target")).toEqual({ "/target/00000001.dwal": COMPACTED });
  });

  test("on a file system without hard links is refused, and nothing is left", () => {
    const { port, disk, arm } = failingDisk((prepared) => writeSample(prepared, "/store"));
    using store = DataWal.openSync("/store", { fileSystem: port });
    arm(({ operation }) => (operation === "link" ? { errno: "EPERM" } : undefined));
    expect(() => store.compactToSync("/target")).toThrow(
      expect.objectContaining({
        code: "ERR_DATAWAL_STORE_IO",
        errno: "EPERM",
        message: expect.stringContaining("whether this file system has hard links"),
      }),
    );
    arm(() => undefined);
    expect(disk.stat("/target")).toBeUndefined();
  });

  test("of two compactions at once never shows half a segment", async () => {
    const disk = createSimulatedDisk();
    using store = DataWal.openSync("/store", { fileSystem: disk });
    store.putMany(
      Array.from({ length: 40 }, (_, index) => [`key ${index}`, new Uint8Array(20_000).fill(index)]),
    );
    const outcomes = await Promise.allSettled([store.compactTo("/target"), store.compactTo("/target")]);
    const isDone = outcomes.some(({ status }) => status === "fulfilled");
    const names = disk.list("/target").map(({ name }) => name);
    expect(names.includes("00000001.dwal")).toBe(isDone);
    if (isDone) expect(pairsOf(disk, "/target")).toHaveLength(40);
  });
});

describe("works on the state at the call", () => {
  test("what is written meanwhile neither waits nor shows", async () => {
    const { disk, store } = sample();
    const compaction = store.compactTo("/target");
    store.put("a", "changed meanwhile");
    store.put("new", "made meanwhile");
    store.delete("b");
    store.rotateSync();
    await compaction;
    expect(bytesOf(disk, "/target/00000001.dwal")).toEqual(new Uint8Array(Buffer.from(COMPACTED, "hex")));
  });

  test("closing ends it, with nothing published and nothing left open", async () => {
    const { port, disk } = failingDisk((prepared) => writeSample(prepared, "/store"));
    const store = await DataWal.open("/store", { fileSystem: port });
    const compaction = store.compactTo("/target");
    const refusal = expect(compaction).rejects.toMatchObject({ code: "ERR_DATAWAL_CLOSED" });
    await store.close();
    await refusal;
    expect([port.openFileCount, port.heldLockCount]).toEqual([0, 0]);
    expect(withoutLocks(treeOf(disk, "/target"))).toEqual({});
  });

  test("closing on this thread ends it too", async () => {
    const { port, disk } = failingDisk((prepared) => writeSample(prepared, "/store"));
    const store = await DataWal.open("/store", { fileSystem: port });
    const compaction = store.compactTo("/target");
    store.closeSync();
    await expect(compaction).rejects.toMatchObject({ code: "ERR_DATAWAL_CLOSED" });
    expect([port.openFileCount, port.heldLockCount]).toEqual([0, 0]);
    expect(withoutLocks(treeOf(disk, "/target"))).toEqual({});
  });
});

test("progress goes up to the bytes of the result", async () => {
  const disk = createSimulatedDisk();
  using store = DataWal.openSync("/store", { fileSystem: disk });
  store.putMany(Array.from({ length: 5 }, (_, index) => [`${index}`, new Uint8Array(300_000)]));
  const told: { bytesDone: number; bytesTotal: number }[] = [];
  const { bytesWritten } = await store.compactTo("/target", {
    onProgress: (progress) => told.push(progress),
  });
  expect(told[0]).toEqual({ bytesDone: 0, bytesTotal: bytesWritten });
  expect(told.at(-1)).toEqual({ bytesDone: bytesWritten, bytesTotal: bytesWritten });
  expect(told.map(({ bytesDone }) => bytesDone)).toEqual(
    told.map(({ bytesDone }) => bytesDone).toSorted((a, b) => a - b),
  );
});
