import { anyForeignBytes, goneBytes } from "@datawal/fuzz";
import { writeAppendFsyncSync, writeAtomicSync, writeOnceSync } from "@datawal/safeatomic";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal, RecordLog, RecordType } from "datawal";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

// Lengths of what a caller gave were read several times between the txid and the write: a growable SharedArrayBuffer
// that another thread grew, or a subclass with a getter, gave 36 acknowledged and 13 recovered records, torn logs,
// sealed segments that no longer opened, and one txid twice.

const copied = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

test("what is appended of bytes of whatever kind is recovered byte for byte", () => {
  fc.assert(
    fc.property(fc.array(anyForeignBytes(), { minLength: 1, maxLength: 8 }), (given) => {
      const disk = createSimulatedDisk();
      const log = RecordLog.openSync("/s", { fileSystem: disk });
      for (const { bytes } of given) log.append(bytes);
      for (const { bytes } of given) log.appendRecord(RecordType.Put, "k", bytes);
      log.appendMany(given.map(({ bytes }) => bytes));
      log.closeSync();

      const again = RecordLog.openSync("/s", { fileSystem: disk, recover: "strict" });
      const found = [...again.scan()];
      const contents = given.map(({ content }) => copied(content));
      expect(found.map(({ payload }) => copied(payload))).toEqual([...contents, ...contents, ...contents]);
      expect(found.map(({ txid }) => txid)).toEqual(found.map((_, index) => BigInt(index + 1)));
    }),
    { numRuns: 60 },
  );
});

test("a store's keys and values may be bytes of whatever kind", () => {
  fc.assert(
    fc.property(anyForeignBytes(), anyForeignBytes(), ({ bytes: key, content }, value) => {
      fc.pre(content.length <= 65_536);
      const disk = createSimulatedDisk();
      const store = DataWal.openSync("/s", { fileSystem: disk });
      store.put(key, value.bytes);
      expect(store.get(key)).toEqual(store.get(content.slice()));
      store.putMany([[key, value.bytes]]);
      store.batch([{ type: "put", key: "other", value: value.bytes }]);
      store.closeSync();

      const again = DataWal.openSync("/s", { fileSystem: disk });
      expect([...again.values()].map(copied)).toEqual([copied(value.content), copied(value.content)]);
      expect(again.delete(key)).toBe(true);
      expect([...again.keys()].map((bytes) => Buffer.from(bytes).toString())).toEqual(["other"]);
    }),
    { numRuns: 60 },
  );
});

test("lines are imported from chunks of whatever kind", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyForeignBytes(), fc.nat(5)), { maxLength: 4 }), (chunks) => {
      const store = DataWal.openSync("/s", { fileSystem: createSimulatedDisk() });
      const line = Buffer.from('{"key_b64":"aw==","value_b64":"dg=="}\n');
      const sources = chunks.flatMap(([{ bytes }]) => [bytes, Buffer.from("\n")]);
      const { recordsImported } = store.importJsonlSync([...sources, line], { onBadLine: () => {} });
      expect(recordsImported).toBe(1);
    }),
    { numRuns: 40 },
  );
});

test("files are written from bytes of whatever kind", () => {
  fc.assert(
    fc.property(anyForeignBytes(), ({ bytes, content }) => {
      const fileSystem = createSimulatedDisk();
      writeAtomicSync("/f", bytes, { fileSystem });
      writeOnceSync("/o", bytes, { fileSystem });
      writeAppendFsyncSync("/f", bytes, { fileSystem });
      const textOf = (path: string) => {
        const file = fileSystem.open(path, "read");
        const text = new Uint8Array(2 * content.length + 1);
        return copied(text.subarray(0, file.readAt(text, 0, text.length, 0)));
      };
      expect(textOf("/o")).toBe(copied(content));
      expect(textOf("/f")).toBe(copied(content) + copied(content));
    }),
    { numRuns: 60 },
  );
});

test("a key that its value's codec transfers away is refused, and nothing written", () => {
  const key = Uint8Array.of(1, 2, 3);
  const encode = (_: string) => {
    structuredClone(key, { transfer: [key.buffer] });
    return "v";
  };
  const value = { encode, decode: (bytes: Uint8Array) => bytes };
  const store = DataWal.openSync("/s", { fileSystem: createSimulatedDisk(), value });
  expect(() => store.put(key, "v")).toThrow(expect.objectContaining({ code: "ERR_DATAWAL_NOT_BYTES" }));
  expect([...store.scan()]).toEqual([]);
});

describe.each(Object.entries(goneBytes()))("bytes whose memory was %s", (_, bytes) => {
  const refusal = expect.objectContaining({ name: "TypeError", code: "ERR_DATAWAL_NOT_BYTES" });

  test("are refused, and nothing written", () => {
    const store = DataWal.openSync("/s", { fileSystem: createSimulatedDisk() });
    expect(() => store.put("k", bytes)).toThrow(refusal);
    expect(() => store.put(bytes, "v")).toThrow(refusal);
    expect(() => store.get(bytes)).toThrow(refusal);
    expect(() => store.delete(bytes)).toThrow(refusal);
    expect(() => store.importJsonlSync([bytes])).toThrow(refusal);
    expect(() => store.putMany([["k", bytes]])).toThrow(
      expect.objectContaining({ recordsAppended: 0, cause: refusal }),
    );
    expect([...store.scan()]).toEqual([]);
    const write = () => writeAtomicSync("/f", bytes, { fileSystem: createSimulatedDisk() });
    expect(write).toThrow(expect.objectContaining({ code: "ERR_DATAWAL_DATA_NOT_BYTES" }));
  });
});
