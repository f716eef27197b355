import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal, DataWalReader, utf8 } from "datawal";
import fc from "fast-check";
import { expect, test } from "vitest";

const keys = fc.constantFrom("", "a", "b", "c", "d", "é");
/** Of 1 to 4 bytes a character, and of several characters that are one. */
const texts = fc.string({ unit: fc.constantFrom("a", "\0", "é", "字", "🎉", "e\u0301") });
const operation = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("put" as const),
      key: keys,
      value: texts,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("delete" as const), key: keys }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("putMany" as const),
      pairs: fc.array(fc.tuple(keys, texts)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("reopen" as const, "rotate" as const, "clear" as const) }),
  },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** Does the same to a store and to a Map; returns the store. */
function apply(
  one: Operation,
  store: DataWal<string, string>,
  map: Map<string, string>,
  reopen: () => DataWal<string, string>,
) {
  switch (one.do) {
    case "put":
      map.set(one.key, one.value);
      store.put(one.key, one.value);
      break;
    case "delete":
      expect(store.delete(one.key)).toBe(map.delete(one.key));
      break;
    case "putMany":
      for (const [key, value] of one.pairs) map.set(key, value);
      store.putMany(one.pairs);
      break;
    case "clear":
      map.clear();
      store.clear();
      break;
    case "rotate":
      store.rotateSync();
      break;
    case "reopen":
      store.closeSync();
      return reopen();
  }
  return store;
}

/** Runs the operations; throws where the store and the Map tell different pairs, or another order. */
function compareWithMap(
  operations: readonly Operation[],
  shown = (store: DataWal<string, string>) => [...store],
) {
  const fileSystem = createSimulatedDisk();
  const open = () => DataWal.openSync("/store", { key: utf8, value: utf8, segmentBytesMax: 300, fileSystem });
  const map = new Map<string, string>();
  let store = open();
  for (const one of operations) {
    store = apply(one, store, map, open);
    expect(shown(store)).toEqual([...map]);
  }
  expect([[...store.keys()], [...store.values()]]).toEqual([[...map.keys()], [...map.values()]]);
  using reader = DataWalReader.openSync("/store", { key: utf8, value: utf8, fileSystem });
  expect([...reader]).toEqual([...map]);
  store.closeSync();
}

test("pairs come in the order of a Map to which the same was done, whenever the store is reopened", () => {
  fc.assert(fc.property(fc.array(operation, { maxLength: 40 }), (operations) => compareWithMap(operations)));
});

test("the comparison can fail: keys in sorted order are not the order of a Map", () => {
  const sorted = (store: DataWal<string, string>) => [...store].sort();
  const check = fc.property(fc.array(operation, { maxLength: 40 }), (operations) =>
    compareWithMap(operations, sorted),
  );
  expect(fc.check(check, { numRuns: 50_000, endOnFailure: true }).failed).toBe(true);
});

test("iteration is live: what changes meanwhile shows", () => {
  using store = DataWal.openSync("/store", { key: utf8, value: utf8, fileSystem: createSimulatedDisk() });
  store.putMany([
    ["a", "1"],
    ["b", "2"],
    ["c", "3"],
  ]);
  const entries = store.entries();
  expect(entries.next().value).toEqual(["a", "1"]);
  store.delete("b");
  store.put("c", "33");
  store.put("d", "4");
  expect([...entries]).toEqual([
    ["c", "33"],
    ["d", "4"],
  ]);
});

test("after compaction the order is that of the keys' bytes", () => {
  const fileSystem = createSimulatedDisk();
  using store = DataWal.openSync("/store", { fileSystem });
  store.putMany([
    ["b", ""],
    [new Uint8Array([0xff]), ""],
    ["ab", ""],
    ["a", ""],
    ["", ""],
  ]);
  store.compactToSync("/compact");
  using compacted = DataWalReader.openSync("/compact", { fileSystem });
  expect([...compacted.keys()].map((key) => Buffer.from(key).toString("latin1"))).toEqual([
    "",
    "a",
    "ab",
    "b",
    "ÿ",
  ]);
});
