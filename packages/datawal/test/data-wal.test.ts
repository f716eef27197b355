import { MAX_KEY_LEN, MAX_PAYLOAD_LEN } from "@datawal/format";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { type BatchOperation, bytes, DataWal, DataWalReader, json, utf8 } from "datawal";
import { describe, expect, expectTypeOf, test } from "vitest";
import { failingDisk } from "./kit/port-failures.js";
import { pairsOf } from "./kit/sample-store.js";

const text = { key: utf8, value: utf8 };

/** An open store on a disk of its own. */
function fresh(options: { segmentBytesMax?: number } = {}) {
  const fileSystem = createSimulatedDisk();
  const open = () => DataWal.openSync("/store", { ...text, ...options, fileSystem });
  return { fileSystem, open, store: open() };
}

const withCode = (code: string) => expect.objectContaining({ code });

describe("one pair", () => {
  test("is there once it was put, and after reopening", () => {
    const { store, open } = fresh();
    store.put("a", "1");
    expect([store.get("a"), store.has("a"), store.size]).toEqual(["1", true, 1]);
    store.closeSync();
    expect(open().get("a")).toBe("1");
  });

  test("has its last value", () => {
    const { store, open } = fresh();
    store.put("a", "1");
    store.put("a", "2");
    expect([store.get("a"), store.size]).toEqual(["2", 1]);
    store.closeSync();
    expect(open().get("a")).toBe("2");
  });

  test("is gone once it was deleted, and after reopening", () => {
    const { store, open } = fresh();
    store.put("a", "1");
    expect(store.delete("a")).toBe(true);
    expect([store.get("a"), store.has("a"), store.size]).toEqual([undefined, false, 0]);
    store.closeSync();
    expect(open().get("a")).toBeUndefined();
  });

  // As the reference does, it wrote a tombstone: a program that deletes what may be there filled its disk with them.
  test("that is not live is not deleted: nothing is written, and the answer is false", () => {
    const { store } = fresh();
    expect(store.delete("a")).toBe(false);
    expect(store.delete("x".repeat(MAX_KEY_LEN + 1))).toBe(false);
    store.put("a", "1");
    expect([store.delete("a"), store.delete("a")]).toEqual([true, false]);
    expect([...store.scan()]).toHaveLength(2);
    expect(store.stats()).toMatchObject({ keys: 0, tombstoneBytes: 29 });
  });

  test("that is not live is not deleted of a handle that may not write, either", () => {
    const { store } = fresh();
    const pairs = (function* () {
      yield ["a", "1"] as const;
      store.delete("b");
    })();
    expect(() => store.putMany(pairs)).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ code: "ERR_DATAWAL_REENTRANT" }) }),
    );
    store.closeSync();
    expect(() => store.delete("b")).toThrow(expect.objectContaining({ code: "ERR_DATAWAL_CLOSED" }));
  });

  test("may have an empty key and an empty value", () => {
    const { store, open } = fresh();
    store.put("", "");
    store.closeSync();
    expect([...open()]).toEqual([["", ""]]);
  });

  test("is read across segments", () => {
    const { store } = fresh({ segmentBytesMax: 40 });
    for (const key of ["a", "b", "c"]) store.put(key, `value of ${key}`);
    expect(["a", "b", "c"].map((key) => store.get(key))).toEqual(["value of a", "value of b", "value of c"]);
    expect(store.stats().segments).toBe(3);
  });

  test("lies where refOf says, in a copy", () => {
    const { store } = fresh();
    store.put("a", "1");
    store.put("b", "2");
    expect(store.refOf("b")).toEqual({ segment: 1, offset: 30, len: 30 });
    store.refOf("b")!.offset = 0;
    expect(store.get("b")).toBe("2");
    expect(store.refOf("c")).toBeUndefined();
  });
});

describe("bytes", () => {
  test("are given as copies that are the caller's", () => {
    using store = DataWal.openSync("/store", { fileSystem: createSimulatedDisk() });
    const value = new Uint8Array([1, 2, 3]);
    store.put("a", value);
    value.fill(0);
    store.get("a")!.fill(9);
    expect(store.get("a")).toEqual(new Uint8Array([1, 2, 3]));
    expect(Object.getPrototypeOf(store.get("a"))).toBe(Uint8Array.prototype);
  });

  test("on shared memory are taken as they are at the call", () => {
    using store = DataWal.openSync("/store", { fileSystem: createSimulatedDisk() });
    const shared = new Uint8Array(new SharedArrayBuffer(2)).fill(7);
    store.put(shared, shared);
    shared.fill(0);
    expect(store.get(new Uint8Array([7, 7]))).toEqual(new Uint8Array([7, 7]));
  });

  test("that are no text make keys of their own", () => {
    using store = DataWal.openSync("/store", { fileSystem: createSimulatedDisk() });
    store.put(new Uint8Array([0xff]), "1");
    store.put(new Uint8Array([0xfe]), "2");
    store.put("\uFFFD", "3");
    expect(store.size).toBe(3);
  });
});

describe("what a caller gets wrong is a coded TypeError or RangeError, and nothing is written", () => {
  const mistakes: [string, (store: DataWal) => unknown, string, string][] = [
    ["a key that is no bytes", (store) => store.put(1 as never, "1"), "TypeError", "ERR_DATAWAL_NOT_BYTES"],
    [
      "a value that is no bytes",
      (store) => store.put("a", {} as never),
      "TypeError",
      "ERR_DATAWAL_NOT_BYTES",
    ],
    [
      "a key with a lone surrogate",
      (store) => store.put("\ud800", ""),
      "TypeError",
      "ERR_DATAWAL_MALFORMED_STRING",
    ],
    ["a value with one", (store) => store.put("a", "\udc00"), "TypeError", "ERR_DATAWAL_MALFORMED_STRING"],
    ["get with one", (store) => store.get("\ud800"), "TypeError", "ERR_DATAWAL_MALFORMED_STRING"],
    ["has with one", (store) => store.has("\ud800"), "TypeError", "ERR_DATAWAL_MALFORMED_STRING"],
    ["delete with one", (store) => store.delete("\ud800"), "TypeError", "ERR_DATAWAL_MALFORMED_STRING"],
    [
      "a key one past the limit",
      (store) => store.put(new Uint8Array(MAX_KEY_LEN + 1), ""),
      "RangeError",
      "ERR_DATAWAL_KEY_TOO_LARGE",
    ],
    [
      "a value one past the limit",
      (store) => store.put("a", new Uint8Array(MAX_PAYLOAD_LEN + 1)),
      "RangeError",
      "ERR_DATAWAL_PAYLOAD_TOO_LARGE",
    ],
  ];

  test.each(mistakes)("%s", (_, call, name, code) => {
    using store = DataWal.openSync("/store", { fileSystem: createSimulatedDisk() });
    expect(() => call(store)).toThrow(expect.objectContaining({ name, code }));
    expect([...store.scan()]).toEqual([]);
    expect(store.isPoisoned).toBe(false);
  });

  test("a key and a value at their limits are kept", () => {
    using store = DataWal.openSync("/store", { fileSystem: createSimulatedDisk(), crc32c: () => 0 });
    const key = new Uint8Array(MAX_KEY_LEN).fill(1);
    const value = new Uint8Array(MAX_PAYLOAD_LEN).fill(2);
    store.put(key, value);
    expect(Buffer.compare(store.get(key)!, value)).toBe(0);
  });

  test("a longer key than any that is kept is just not there", () => {
    using store = DataWal.openSync("/store", { fileSystem: createSimulatedDisk() });
    expect(store.get(new Uint8Array(MAX_KEY_LEN + 1))).toBeUndefined();
  });
});

describe("codecs", () => {
  test("turn keys and values into bytes and back", () => {
    const fileSystem = createSimulatedDisk();
    using store = DataWal.openSync("/store", {
      key: json<[string, number]>(),
      value: json<{ name: string }>(),
      fileSystem,
    });
    store.put(["user", 1], { name: "Ada" });
    expect(store.get(["user", 1])).toEqual({ name: "Ada" });
    expect([...store.keys()]).toEqual([["user", 1]]);
    store.closeSync();
    expect(pairsOf(fileSystem, "/store")).toEqual([['["user",1]', '{"name":"Ada"}']]);
  });

  test("give the handle its types", () => {
    const options = { fileSystem: createSimulatedDisk() };
    using users = DataWal.openSync("/users", { key: utf8, value: json<{ name: string }>(), ...options });
    expectTypeOf(users).toEqualTypeOf<DataWal<string, { name: string }>>();
    expectTypeOf(users.get("a")).toEqualTypeOf<{ name: string } | undefined>();
    using raw = DataWal.openSync("/raw", options);
    expectTypeOf(raw).toEqualTypeOf<DataWal>();
    expectTypeOf(raw.get).parameter(0).toEqualTypeOf<Uint8Array | string>();
    expectTypeOf(raw.get("a")).toEqualTypeOf<ReturnType<Uint8Array["slice"]> | undefined>();
  });

  test("a value that the codec refuses names its key, and why", () => {
    const fileSystem = createSimulatedDisk();
    using store = DataWal.openSync("/store", { key: utf8, value: bytes, fileSystem });
    store.put("a", "{");
    store.closeSync();
    using again = DataWal.openSync("/store", { key: utf8, value: json(), fileSystem });
    const refusal = expect.objectContaining({
      code: "ERR_DATAWAL_DECODE_FAILED",
      what: "value",
      key: new TextEncoder().encode("a"),
      path: "/store",
      cause: expect.any(SyntaxError),
    });
    expect(() => again.get("a")).toThrow(refusal);
    expect(() => [...again.values()]).toThrow(refusal);
    expect([...again.keys()]).toEqual(["a"]);
  });

  test("a key that the codec refuses is told as bytes", () => {
    const fileSystem = createSimulatedDisk();
    using store = DataWal.openSync("/store", { fileSystem });
    store.put(new Uint8Array([0xff]), "1");
    store.closeSync();
    using again = DataWal.openSync("/store", { ...text, fileSystem });
    const refusal = expect.objectContaining({
      code: "ERR_DATAWAL_DECODE_FAILED",
      what: "key",
      message: expect.stringContaining("0xff"),
    });
    expect(() => [...again.keys()]).toThrow(refusal);
    expect([...again.values()]).toEqual(["1"]);
  });

  test("a codec may keep and change the bytes it is given", () => {
    const greedy = {
      encode: (value: string) => value,
      decode: (stored: Uint8Array) => Buffer.from(stored.fill(0x78)).toString(),
    };
    using store = DataWal.openSync("/store", {
      key: greedy,
      value: greedy,
      fileSystem: createSimulatedDisk(),
    });
    store.put("ab", "cde");
    expect([...store]).toEqual([["xx", "xxx"]]);
    expect([...store]).toEqual([["xx", "xxx"]]);
  });
});

describe("putMany and batch", () => {
  test("put and delete in order, by one write", () => {
    const { port, arm } = failingDisk((disk) => DataWal.openSync("/store", { fileSystem: disk }).closeSync());
    using store = DataWal.openSync("/store", { ...text, fileSystem: port });
    let writes = 0;
    arm(({ operation }) => {
      if (operation === "file.append" || operation === "file.appendParts") writes++;
    });
    store.putMany([
      ["a", "1"],
      ["b", "2"],
      ["a", "3"],
    ]);
    expect(writes).toBe(1);
    store.batch([
      { type: "delete", key: "b" },
      { type: "put", key: "c", value: "4" },
    ]);
    expect(writes).toBe(2);
    expect([...store]).toEqual([
      ["a", "3"],
      ["c", "4"],
    ]);
  });

  test("take nothing from nothing", () => {
    const { store } = fresh();
    store.putMany([]);
    store.batch([]);
    store.clear();
    expect([...store.scan()]).toEqual([]);
  });

  test("take pairs from a generator that reuses its memory", () => {
    using store = DataWal.openSync("/store", { fileSystem: createSimulatedDisk() });
    function* pairs(): Generator<[Uint8Array, Uint8Array]> {
      const one = new Uint8Array(1);
      for (let value = 1; value <= 3; value++) {
        one[0] = value;
        yield [one, one];
      }
    }
    store.putMany(pairs());
    expect([...store].map(([key, value]) => [key[0], value[0]])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  test("what they are drawn from may read the store, and sees it as it was", () => {
    const { store } = fresh();
    store.put("a", "1");
    function* pairs(): Generator<[string, string]> {
      yield ["a", `${store.get("a")}+`];
      yield ["b", `${store.get("a")}+ ${store.size}`];
    }
    store.putMany(pairs());
    expect([...store]).toEqual([
      ["a", "1+"],
      ["b", "1+ 1"],
    ]);
  });

  const writers: [string, (store: DataWal<string, string>) => unknown][] = [
    ["put", (store) => store.put("x", "")],
    ["delete", (store) => store.delete("x")],
    ["putMany", (store) => store.putMany([["x", ""]])],
    ["batch", (store) => store.batch([])],
    ["clear", (store) => store.clear()],
    ["rotateSync", (store) => store.rotateSync()],
    ["closeSync", (store) => store.closeSync()],
  ];

  test.each(writers)("what they are drawn from may not write to the store: %s", (_, write) => {
    const { store } = fresh();
    function* pairs(): Generator<[string, string]> {
      yield ["a", "1"];
      write(store);
    }
    expect(() => store.putMany(pairs())).toThrow(
      expect.objectContaining({
        code: "ERR_DATAWAL_BATCH_FAILED",
        recordsAppended: 0,
        cause: withCode("ERR_DATAWAL_REENTRANT"),
      }),
    );
    expect([...store]).toEqual([]);
    store.put("still", "works");
    expect(store.size).toBe(1);
  });

  test("closing from within a batch waits for its end", async () => {
    const { store, open } = fresh();
    let closing: Promise<void> | undefined;
    function* pairs(): Generator<[string, string]> {
      yield ["a", "1"];
      closing = store.close();
    }
    store.putMany(pairs());
    await closing;
    expect([...open()]).toEqual([["a", "1"]]);
  });

  const failures: [string, BatchOperation<string, string>[], string][] = [
    [
      "no operation",
      [{ type: "put", key: "a", value: "1" }, undefined as never],
      "ERR_DATAWAL_BAD_OPERATION",
    ],
    ["an unknown type", [{ type: "update" as "put", key: "a", value: "1" }], "ERR_DATAWAL_BAD_OPERATION"],
    ["a lone surrogate", [{ type: "delete", key: "\ud800" }], "ERR_DATAWAL_MALFORMED_STRING"],
    [
      "too long a key",
      [{ type: "put", key: "x".repeat(MAX_KEY_LEN + 1), value: "" }],
      "ERR_DATAWAL_KEY_TOO_LARGE",
    ],
  ];

  test.each(failures)("%s fails the batch, of which nothing was written", (_, operations, code) => {
    const { store } = fresh();
    expect(() => store.batch(operations)).toThrow(withCode(code));
    expect([...store.scan()]).toEqual([]);
  });

  test("after a failure the key directory has exactly what is in the log, across rotations", () => {
    const { store, open } = fresh({ segmentBytesMax: 100 });
    store.put("b", "old");
    function* pairs(): Generator<[string, string]> {
      for (let index = 0; index < 10; index++) yield [`key ${index}`, "x".repeat(30)];
      yield ["b", "new"];
      throw new Error("the source ran dry");
    }
    let recordsAppended = -1;
    try {
      store.putMany(pairs());
    } catch (error) {
      recordsAppended = (error as { recordsAppended: number }).recordsAppended;
    }
    expect(recordsAppended).toBeGreaterThan(0);
    const shown = [...store];
    const stats = store.stats();
    expect(stats.segments).toBeGreaterThan(2);
    expect([...store.scan()]).toHaveLength(recordsAppended + 1);
    store.closeSync();
    using again = open();
    expect(shown).toEqual([...again]);
    expect(again.stats()).toEqual({ ...stats, cache: { hits: 0, misses: again.size } });
  });

  test("a write that fails leaves the batches before it, and says how many records they had", () => {
    const { disk, port, arm } = failingDisk(() => {});
    using store = DataWal.openSync("/store", { ...text, segmentBytesMax: 200, fileSystem: port });
    let writes = 0;
    arm(({ operation }) => (operation === "file.append" && ++writes > 2 ? { errno: "ENOSPC" } : undefined));
    const pairs = Array.from({ length: 12 }, (_, index): [string, string] => [
      `key ${index}`,
      "x".repeat(30),
    ]);
    expect(() => store.putMany(pairs)).toThrow(
      expect.objectContaining({
        code: "ERR_DATAWAL_BATCH_FAILED",
        cause: withCode("ERR_DATAWAL_APPEND_FAILED"),
      }),
    );
    arm(() => {});
    expect(store.isPoisoned).toBe(true);
    const shown = [...store];
    expect(shown.length).toBeGreaterThan(0);
    expect(shown).toEqual(pairs.slice(0, shown.length));
    store.closeSync();
    expect(pairsOf(disk, "/store").length).toBe(shown.length);
  });

  test("clear deletes every key, also after reopening, and leaves tombstones", () => {
    const { store, open } = fresh();
    store.putMany([
      ["a", "1"],
      ["b", "2"],
    ]);
    store.delete("a");
    store.clear();
    expect([...store]).toEqual([]);
    expect(store.stats()).toMatchObject({ keys: 0, liveBytes: 0, tombstoneBytes: 2 * 29 });
    store.closeSync();
    expect(open().size).toBe(0);
  });
});

test("stats tell live, dead and tombstone bytes, which are all the bytes there are", () => {
  const fileSystem = createSimulatedDisk();
  using store = DataWal.openSync("/store", { ...text, fileSystem });
  store.put("a", "1");
  store.put("a", "22");
  store.put("b", "3");
  expect(store.get("a")).toBe("22");
  store.delete("b");
  expect(store.stats()).toEqual({
    keys: 1,
    liveBytes: 31,
    deadBytes: 60,
    tombstoneBytes: 29,
    segments: 1,
    segmentBytes: 120,
    keydirBytes: expect.any(Number),
    checkpoint: "absent",
    cache: { hits: 1, misses: 0 },
    // The tombstone is the log's newest record, which stays.
    bySegment: [
      { segment: 1, liveBytes: 31, deadBytes: 60, rawBytes: 0, tombstoneBytes: 29, wasteRatio: 60 / 120 },
    ],
  });
  expect(fileSystem.stat("/store/00000001.dwal")!.size).toBe(120);
});

describe("a closed handle", () => {
  const calls: [string, (store: DataWal<string, string>) => unknown][] = [
    ["get", (store) => store.get("a")],
    ["get of a key that is not there", (store) => store.get("b")],
    ["has", (store) => store.has("a")],
    ["refOf", (store) => store.refOf("a")],
    ["keys", (store) => [...store.keys()]],
    ["values", (store) => [...store.values()]],
    ["entries", (store) => [...store.entries()]],
    ["iteration", (store) => [...store]],
    ["stats", (store) => store.stats()],
    ["scan", (store) => [...store.scan()]],
    ["put", (store) => store.put("a", "2")],
    ["delete", (store) => store.delete("a")],
    ["putMany", (store) => store.putMany([["a", "2"]])],
    ["batch", (store) => store.batch([])],
    ["clear", (store) => store.clear()],
    ["fsync", (store) => store.fsync()],
    ["fsyncSync", (store) => store.fsyncSync()],
    ["rotate", (store) => store.rotate()],
    ["rotateSync", (store) => store.rotateSync()],
    ["compactTo", (store) => store.compactTo("/target")],
    ["compactToSync", (store) => store.compactToSync("/target")],
    ["exportJsonl", (store) => store.exportJsonl("/export")],
    ["exportJsonlSync", (store) => store.exportJsonlSync("/export")],
    ["importJsonl", (store) => store.importJsonl([])],
    ["importJsonlSync", (store) => store.importJsonlSync([])],
  ];

  test.each(calls)("refuses %s", async (_, call) => {
    const { fileSystem, store } = fresh();
    store.put("a", "1");
    store.closeSync();
    await expect((async () => await call(store))()).rejects.toMatchObject({
      code: "ERR_DATAWAL_CLOSED",
      path: "/store",
    });
    expect(fileSystem.list("/").map(({ name }) => name)).toEqual(["store"]);
  });

  test("still says what it was", async () => {
    const { store } = fresh();
    store.put("a", "1");
    await store.close();
    expect([store.dir, store.size, store.isPoisoned, store.recoveryReport().recordsReplayed]).toEqual([
      "/store",
      1,
      false,
      0,
    ]);
  });

  test("that is being closed, with a long operation to be ended, is waited for by the next open", async () => {
    const { store, fileSystem } = fresh();
    store.put("k", "v");
    const exporting = store.exportJsonl("/out.jsonl").catch(({ code }) => code);
    const closing = store.close();
    const again = await DataWal.open("/store", { fileSystem });
    expect(again.size).toBe(1);
    await closing;
    expect(await exporting).toBe("ERR_DATAWAL_CLOSED");
    again.closeSync();
  });

  test.each<[string, (store: DataWal<string, string>) => unknown]>([
    ["put", (store) => store.put("k", "late")],
    ["delete", (store) => store.delete("k")],
    ["putMany", (store) => store.putMany([["k", "late"]])],
    ["batch", (store) => store.batch([{ type: "delete", key: "k" }])],
    ["clear", (store) => store.clear()],
    ["fsyncSync", (store) => store.fsyncSync()],
    ["rotateSync", (store) => store.rotateSync()],
  ])("refuses %s from the call of close on, also while a long operation is being ended", async (_, write) => {
    const { store, open } = fresh();
    store.put("k", "v");
    const exporting = store.exportJsonl("/out.jsonl").catch(({ code }) => code);
    const closing = store.close();
    expect(() => write(store)).toThrow(withCode("ERR_DATAWAL_CLOSED"));
    expect(await exporting).toBe("ERR_DATAWAL_CLOSED");
    expect(() => write(store)).toThrow(withCode("ERR_DATAWAL_CLOSED"));
    await closing;
    expect([...open()]).toEqual([["k", "v"]]);
  });

  test("may be closed again, either way, and gives the lock back once", async () => {
    const { store, open } = fresh();
    const closing = [store.close(), store.close()];
    store.closeSync();
    await Promise.all(closing);
    store.closeSync();
    await store[Symbol.asyncDispose]();
    store[Symbol.dispose]();
    open().closeSync();
  });

  test("ends an iteration that was under way", () => {
    const { store } = fresh();
    store.putMany([
      ["a", "1"],
      ["b", "2"],
    ]);
    const keys = store.keys();
    keys.next();
    store.closeSync();
    expect(() => keys.next()).toThrow(withCode("ERR_DATAWAL_CLOSED"));
  });
});

describe("a poisoned handle", () => {
  function poisoned() {
    const { port, arm, disk } = failingDisk(() => {});
    const store = DataWal.openSync("/store", { ...text, fileSystem: port });
    store.put("a", "1");
    arm(({ operation }) => (operation === "file.append" ? { errno: "EIO" } : undefined));
    expect(() => store.put("b", "2")).toThrow(withCode("ERR_DATAWAL_APPEND_FAILED"));
    arm(() => {});
    return { store, disk };
  }

  test("refuses to write, with the reference's words", async () => {
    const { store } = poisoned();
    const message = "datawal: writer poisoned: append_record write_all failed; drop handle and reopen";
    const refusal = expect.objectContaining({ code: "ERR_DATAWAL_POISONED", message });
    expect(store.isPoisoned).toBe(true);
    for (const write of [
      () => store.put("a", "2"),
      () => store.delete("a"),
      () => store.putMany([["a", "2"]]),
      () => store.clear(),
      () => store.fsyncSync(),
    ]) {
      expect(write).toThrow(refusal);
    }
    await expect(store.importJsonl(['{"key_b64":"","value_b64":""}'])).rejects.toMatchObject({
      code: "ERR_DATAWAL_IMPORT_FAILED",
      recordsImported: 0,
      cause: { code: "ERR_DATAWAL_POISONED" },
    });
  });

  test("goes on reading, compacting and exporting", async () => {
    const { store } = poisoned();
    expect([...store]).toEqual([["a", "1"]]);
    expect(await store.compactTo("/target")).toMatchObject({ liveKeys: 1 });
    expect(await store.exportJsonl("/export")).toMatchObject({ recordsWritten: 1 });
  });

  test("is healed by opening again", () => {
    const { store, disk } = poisoned();
    store.closeSync();
    using again = DataWal.openSync("/store", { ...text, fileSystem: disk });
    again.put("b", "2");
    expect([...again]).toEqual([
      ["a", "1"],
      ["b", "2"],
    ]);
  });
});

test("fsync makes durable what was put before", async () => {
  const { store, fileSystem, open } = fresh();
  store.put("a", "1");
  await store.fsync();
  store.put("b", "2");
  fileSystem.cutPower();
  expect([...open()]).toEqual([["a", "1"]]);
});

test("close makes durable what was put before", async () => {
  const { store, fileSystem, open } = fresh();
  store.put("a", "1");
  await store.close();
  fileSystem.cutPower();
  expect([...open()]).toEqual([["a", "1"]]);
});

test("a store that is open is locked, and free when opening failed", () => {
  const { fileSystem, open } = fresh();
  expect(open).toThrow(withCode("ERR_DATAWAL_LOCKED"));
  expect(() => DataWal.openSync("/other", { key: {} as never, fileSystem })).toThrow(
    withCode("ERR_DATAWAL_NOT_A_CODEC"),
  );
  DataWal.openSync("/other", { fileSystem }).closeSync();
});

test("an asynchronous open is the same, and tells its progress", async () => {
  const { store, fileSystem } = fresh();
  store.put("a", "1");
  store.closeSync();
  const totals = new Set<number>();
  const onProgress = ({ bytesTotal }: { bytesTotal: number }) => totals.add(bytesTotal);
  await using again = await DataWal.open("/store", { ...text, fileSystem, onProgress });
  expect(again.get("a")).toBe("1");
  expect(totals).toContain(30);
});

test("an asynchronous open that is given up opens nothing and leaves no lock", async () => {
  const { store, fileSystem, open } = fresh();
  store.put("a", "1");
  store.closeSync();
  const opening = DataWal.open("/store", { ...text, fileSystem, signal: AbortSignal.abort("given up") });
  await expect(opening).rejects.toBe("given up");
  expect(open().get("a")).toBe("1");
});

test("there is no way to the log inside: appending there would bypass the key directory", () => {
  const { store } = fresh();
  expect(Object.keys(store)).toEqual([]);
  for (const name of ["log", "append", "appendRecord", "appendMany"]) expect(name in store).toBe(false);
  expect(store).not.toBeInstanceOf(DataWalReader);
});
