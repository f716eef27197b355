import { decodeGroupHead, encodeRecord, RecordType } from "@datawal/format";
import { groupHeadWireSize } from "@datawal/format/internal";
import { createSimulatedDisk, type SimulatedDisk } from "@datawal/safeatomic/testing";
import { type BatchOperation, DataWal, DataWalReader, utf8 } from "datawal";
import { describe, expect, test } from "vitest";
import { IS_FULL_RUN } from "../../record-log/test/kit/seeded-random.js";
import { appendTo } from "./kit/disk-tree.js";
import { failingDisk } from "./kit/port-failures.js";

const TEXT = { key: utf8, value: utf8 };
const open = (fileSystem: SimulatedDisk, segmentBytesMax?: number) =>
  DataWal.openSync("/store", { ...TEXT, fileSystem, segmentBytesMax, recover: "strict" });
const readerOf = (fileSystem: SimulatedDisk) => DataWalReader.openSync("/store", { ...TEXT, fileSystem });
const put = (key: string, value: string) => ({ type: "put", key, value }) as const;
const remove = (key: string) => ({ type: "delete", key }) as const;
const headsIn = (store: DataWal<string, string>) => [...store.scan()].filter(decodeGroupHead).length;
/** Of two records that are not there. */
const HEAD_OF_TWO = headOfTwo();
/** The least that the frames of two records without key and value have. */
const HEAD = groupHeadWireSize(2);

function headOfTwo() {
  const disk = createSimulatedDisk();
  open(disk).batch([put("", "12"), put("", "12")]);
  const head = [...DataWalReader.openSync("/store", { fileSystem: disk }).scan()][0]!;
  return { type: head.type, key: head.key.slice(), payload: head.payload.slice() };
}

// kill -9 during batches of 1 MiB had left a part of one in 1 of 14 runs, and in 1 of 40.
describe("a batch", () => {
  test("is there or not, wherever its bytes end", () => {
    const disk = createSimulatedDisk();
    const store = open(disk);
    store.put("from", "10");
    const { size: before } = disk.stat("/store/00000001.dwal")!;
    store.batch([put("from", "5"), put("to", "5"), remove("nothing")]);
    const { size } = disk.stat("/store/00000001.dwal")!;
    for (let end = size; end >= before; end -= IS_FULL_RUN ? 1 : 7) {
      const file = disk.open("/store/00000001.dwal", "append");
      file.truncate(end);
      file.close();
      const sums = [readerOf(disk)].map((reader) =>
        [...reader.values()].reduce((sum, each) => sum + Number(each), 0),
      );
      expect(sums, `${end}`).toEqual([10]);
    }
  });

  test("that fails half way has changed nothing: not the log, nor what is read", () => {
    const store = open(createSimulatedDisk());
    store.put("a", "1");
    const shown = () => [
      { ...store.stats(), keydirBytes: 0, cache: undefined },
      [...store],
      [...store.scan()].length,
    ];
    const before = shown();
    function* operations(): Generator<BatchOperation<string, string>> {
      for (let index = 0; index < 300; index++) yield put(`key ${index}`, "x");
      yield remove("a");
      throw new Error("the source ran dry");
    }
    expect(() => store.batch(operations())).toThrow("the source ran dry");
    expect(shown()).toEqual(before);
    store.batch([put("b", "2"), remove("a")]);
    expect([...store]).toEqual([["b", "2"]]);
  });

  // A put that is refused took a secret to hash keys under, and what was drawn before was looked for as hashed without it:
  // the key stayed live, and a compaction would have written it again.
  test("deletes what it says, also where its iterable has tried to put something", () => {
    const store = open(createSimulatedDisk());
    for (let index = 0; index < 256; index++) store.put(`key ${index}`, "x");
    function* operations(): Generator<BatchOperation<string, string>> {
      yield remove("key 0");
      expect(() => store.put("another", "x")).toThrow(
        expect.objectContaining({ code: "ERR_DATAWAL_REENTRANT" }),
      );
      yield remove("key 1");
    }
    store.batch(operations());
    expect([store.get("key 0"), store.get("key 1"), store.size]).toEqual([undefined, undefined, 254]);
  });

  test("whose write fails is not there, for reads neither", () => {
    const { disk, port, arm } = failingDisk((prepared) => open(prepared).closeSync());
    const store = DataWal.openSync("/store", { ...TEXT, fileSystem: port });
    store.put("a", "1");
    const answers = [{ count: 100 }, { errno: "EIO" }];
    arm(({ operation }) => (operation === "file.append" ? answers.shift() : undefined));
    expect(() => store.batch([put("a", "2"), put("b", "2")])).toThrow(
      expect.objectContaining({ code: "ERR_DATAWAL_APPEND_FAILED" }),
    );
    arm(() => undefined);
    expect([...store]).toEqual([["a", "1"]]);
    expect(() => store.put("c", "3")).toThrow(expect.objectContaining({ code: "ERR_DATAWAL_POISONED" }));
    store.closeSync();
    expect([...open(disk)]).toEqual([["a", "1"]]);
  });

  test("of one operation needs no head", () => {
    const store = open(createSimulatedDisk());
    store.batch([put("a", "1")]);
    store.batch([remove("a")]);
    expect([headsIn(store), store.size]).toEqual([0, 0]);
  });

  // A program that removes what may be there filled its disk with tombstones.
  test("writes no deletion of a key that is not there by then, and where nothing is left, nothing", () => {
    const store = open(createSimulatedDisk());
    const written = () => [...store.scan()].map(({ type, key }) => `${type} ${Buffer.from(key)}`);
    store.batch([remove("a"), remove("b")]);
    expect(written()).toEqual([]);
    store.batch([remove("a"), put("a", "1"), remove("a"), remove("a"), put("b", "2"), remove("c")]);
    const head = `2 ${Buffer.from(HEAD_OF_TWO.key)}`;
    expect(written()).toEqual([head, "1 a", "2 a", "1 b"]);
    store.batch([remove("b"), remove("b"), remove("c")]);
    expect(written()).toEqual([head, "1 a", "2 a", "1 b", "2 b"]);
    expect(store.size).toBe(0);
  });

  test("does not take the key that heads have, as nothing else does", () => {
    const store = open(createSimulatedDisk());
    const reserved = "\0datawal.group\0\0";
    const calls = [
      () => store.put(reserved, ""),
      () => store.putMany([[reserved, ""]]),
      () => store.importJsonlSync([JSON.stringify({ key_b64: btoa(reserved), value_b64: "" })]),
    ];
    for (const call of calls) {
      let error: { code?: string; cause?: unknown } | undefined;
      try {
        call();
      } catch (thrown) {
        error = thrown as typeof error;
      }
      const codes = [];
      for (; error; error = error.cause as typeof error) codes.push(error.code);
      expect(codes.at(-1)).toBe("ERR_DATAWAL_RESERVED_KEY");
    }
    expect([...store.scan()]).toEqual([]);
  });
});

describe("the head of a batch", () => {
  test("counts as waste where there is other waste, and alone is none", () => {
    const disk = createSimulatedDisk();
    const store = open(disk);
    store.batch([put("a", "1"), put("b", "2")]);
    store.rotateSync();
    expect(store.stats()).toMatchObject({ tombstoneBytes: HEAD });
    expect(store.compactSync()).toMatchObject({ recordsMoved: 0, segmentsRemoved: [], left: [] });
    store.put("a", "3");
    expect(store.compactSync()).toMatchObject({ recordsMoved: 1, segmentsRemoved: [1] });
    expect(headsIn(store)).toBe(0);
    expect(store.stats()).toMatchObject({ tombstoneBytes: 0, deadBytes: 0 });
  });

  // Dropped, it would take its txid along, and txids would begin again; written again it would be a group in flight.
  test.each([
    ["nothing", [], { keys: 0 }],
    ["another key", [put("a", "1")], { keys: 1 }],
    ["the empty key", [put("", "1")], { keys: 1 }],
  ] as const)(
    "that has the largest txid is not written again, and the txid stays, beside %s",
    (_, kept, stats) => {
      const disk = createSimulatedDisk();
      const store = open(disk);
      for (const each of kept) store.put(each.key, each.value);
      store.put("dead", "1");
      store.delete("dead");
      store.closeSync();
      // We die behind the head; the reference seals the segment, and appends nothing.
      const txid = BigInt(kept.length + 3);
      appendTo(disk, "/store/00000001.dwal", encodeRecord({ ...HEAD_OF_TWO, txid }));
      appendTo(disk, "/store/00000002.dwal", new Uint8Array());
      const opened = open(disk);
      expect(opened.compactSync().segmentsRemoved).toContain(1);
      expect(headsIn(opened)).toBe(0);
      expect(opened.stats()).toMatchObject(stats);
      opened.put("next", "1");
      expect([...opened.scan()].at(-1)!.txid).toBeGreaterThan(txid);
      opened.closeSync();
      expect(open(disk).size).toBe(kept.length + 1);
    },
  );

  // Its key may be in no record but a head: `clear` was refused, and nothing emptied such a store.
  test("is what clear deletes by, where another program has put its key", () => {
    const disk = createSimulatedDisk();
    open(disk).closeSync();
    const record = { type: RecordType.Put, txid: 1n, key: HEAD_OF_TWO.key, payload: Uint8Array.of(1) };
    appendTo(disk, "/store/00000001.dwal", encodeRecord(record));
    const store = open(disk);
    store.put("a", "1");
    store.clear();
    expect(store.size).toBe(0);
    store.closeSync();
    expect(open(disk).size).toBe(0);
  });

  test("deletes what another program has put under its key", () => {
    const disk = createSimulatedDisk();
    open(disk).closeSync();
    const record = {
      type: RecordType.Put,
      txid: 1n,
      key: HEAD_OF_TWO.key,
      payload: Uint8Array.of(1),
    };
    appendTo(disk, "/store/00000001.dwal", encodeRecord(record));
    const store = open(disk);
    expect(store.size).toBe(1);
    store.batch([put("a", "1"), put("b", "1")]);
    expect([...store.keys()]).toEqual(["a", "b"]);
    const stats = { ...store.stats(), cache: { hits: 0, misses: 0 } };
    store.closeSync();
    expect(open(disk).stats()).toEqual(stats);
  });
});
