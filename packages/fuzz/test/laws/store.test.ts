import {
  keepsPairs,
  type StorePlace,
  type StoreReaderUnderTest,
  type StoreWriterUnderTest,
  simulatedStore,
} from "@datawal/fuzz";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

test("datawal keeps the law of a store of pairs", async () => {
  await fc.assert(keepsPairs(simulatedStore), { numRuns: 8 });
});

describe("the law is broken by a store that (canary)", () => {
  type Change = (store: StoreWriterUnderTest) => Partial<StoreWriterUnderTest>;
  const writing = (change: Change) => (): StorePlace => {
    const place = simulatedStore();
    const open = async () => {
      const store = await place.open();
      return { ...store, ...change(store) };
    };
    return { ...place, open };
  };
  const reading =
    (change: (reader: StoreReaderUnderTest) => Partial<StoreReaderUnderTest>) => (): StorePlace => {
      const place = simulatedStore();
      const openReader = async () => {
        const reader = await place.openReader!();
        return { ...reader, ...change(reader) };
      };
      return { ...place, openReader };
    };

  const broken: [string, () => StorePlace][] = [
    ["acknowledges before it has synced", writing(() => ({ fsync: () => undefined }))],
    [
      "tears batches",
      writing((store) => ({
        batch: async (changes) => {
          for (const [index, change] of changes.entries()) {
            if (change.type === "put") await store.put(change.key, change.value);
            else await store.delete(change.key);
            if (index === 0) await store.fsync();
          }
        },
      })),
    ],
    ["keeps deleted keys", writing(() => ({ delete: () => true }))],
    [
      "never says that a key was there",
      writing((store) => ({ delete: (key) => Promise.resolve(store.delete(key)).then(() => false) })),
    ],
    [
      "loses a key by compaction",
      writing((store) => ({
        compact: async () => {
          const [first] = await store.pairs();
          if (first) await store.delete(first[0]);
        },
      })),
    ],
    [
      "loses the empty key",
      writing((store) => ({ put: (key, value) => key.length > 0 && store.put(key, value) })),
    ],
    ["has readers that are never refreshed", reading(() => ({ refresh: () => undefined }))],
    [
      "loses a key by its swap",
      () => {
        const place = simulatedStore();
        const swap = async (store: StoreWriterUnderTest) => {
          const [first] = await store.pairs();
          if (first) await store.delete(first[0]);
          await place.swap!(store);
        };
        return { ...place, swap };
      },
    ],
  ];

  test.each(broken)("%s", async (_, store) => {
    const { failed } = await fc.check(keepsPairs(store), { numRuns: 300, endOnFailure: true, seed: 10 });
    expect(failed).toBe(true);
  });
});
