import { createSimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { DataWal, DataWalReader, RecordLogReader, RecordType, snapshotToSync, utf8 } from "datawal";
import fc from "fast-check";
import { expect, test } from "vitest";
import { IS_FULL_RUN } from "../../../record-log/test/kit/seeded-random.js";

const TEXT = { key: utf8, value: utf8 };
const pairsOf = (store: Iterable<[string, string]>) => Object.fromEntries([...store].sort());

/** A store, and a disk for others on which, in front of some calls, it is overwritten and compacted. */
function compactedBeside(before: readonly number[]) {
  const disk = createSimulatedDisk();
  const store = DataWal.openSync("/store", { ...TEXT, fileSystem: disk, segmentBytesMax: 150 });
  let round = 0;
  const overwrite = () => {
    for (const key of "abcd") if ((round + key.charCodeAt(0)) % 3 > 0) store.put(key, `${key}${round}`);
    // Lives for long, so that there are holes between segments that stay.
    store.put(`f${round % 7}`, "long enough for a segment of its own".repeat(4));
    if (round++ % 2 === 0) store.delete("e");
    else store.put("e", "there");
  };
  for (let count = 0; count < 10; count++) overwrite();
  let calls = 0;
  let isOn = false;
  const fileSystem = withFaults(disk, ({ path }) => {
    if (!isOn || !/dwal$|store$/.test(path) || !before.includes(calls++)) return;
    isOn = false;
    overwrite();
    store.compactSync();
    isOn = true;
  });
  const during = <T>(work: () => T): T => {
    isOn = true;
    try {
      return work();
    } finally {
      isOn = false;
    }
  };
  return { disk, store, overwrite, fileSystem, during };
}

const moments = fc.uniqueArray(fc.nat(80), { maxLength: 6 });

// What was removed between two looks was told as missing, or as a gap in the txids, and a copy lacked it in its marker.
test("a snapshot beside compactions has no gap, and strict recovery opens it", () => {
  fc.assert(
    fc.property(moments, (before) => {
      const { disk, fileSystem, during } = compactedBeside(before);
      expect(during(() => snapshotToSync("/store", "/copy", { fileSystem })).warnings).toEqual([]);
      using copy = DataWal.openSync("/copy", { ...TEXT, fileSystem: disk, recover: "strict" });
      expect(copy.recoveryReport().warnings).toEqual([]);
    }),
    { numRuns: IS_FULL_RUN ? 40 : 12 },
  );
});

test("a reader that is opened and refreshed beside compactions has no gap", () => {
  fc.assert(
    fc.property(moments, (before) => {
      const { store, overwrite, fileSystem, during } = compactedBeside(before);
      const reader = during(() => DataWalReader.openSync("/store", { ...TEXT, fileSystem }));
      expect(reader.recoveryReport().warnings).toEqual([]);
      for (let count = 0; count < 3; count++) {
        overwrite();
        store.compactSync();
        during(() => reader.refreshSync());
        expect(reader.recoveryReport().warnings).toEqual([]);
      }
      reader.refreshSync();
      expect(pairsOf(reader)).toEqual(pairsOf(store));
    }),
    // Overtaken, and overtaken again when all was read: it reported with what the marker had named at first.
    { numRuns: IS_FULL_RUN ? 40 : 12, examples: [[[8, 63]]] },
  );
});

test("who keeps a map of what is replayed has what the store has behind each refresh", () => {
  fc.assert(
    fc.property(moments, fc.boolean(), (before, isToldOfRemovals) => {
      const { store, overwrite, fileSystem, during } = compactedBeside(before);
      const map = new Map<string, { segment: number; value: string }>();
      const removed = new Set<number>();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      const reader = during(() =>
        RecordLogReader.openSync("/store", {
          fileSystem,
          replay: ({ type, segment, key, payload }) => {
            if (type === RecordType.Put) map.set(text(key), { segment, value: text(payload) });
            else map.delete(text(key));
          },
          onReset: () => {
            map.clear();
            removed.clear();
          },
          ...(isToldOfRemovals && {
            onRemoved: (segments: readonly number[]) => {
              for (const segment of segments) removed.add(segment);
            },
          }),
        }),
      );
      for (let count = 0; count < 4; count++) {
        reader.refreshSync();
        for (const [key, { segment }] of map) if (removed.has(segment)) map.delete(key);
        removed.clear();
        const pairs = [...map].map(([key, { value }]): [string, string] => [key, value]);
        expect(pairsOf(pairs)).toEqual(pairsOf(store));
        expect(reader.recoveryReport().warnings).toEqual([]);
        overwrite();
        if (count % 2 === 0) store.compactSync();
        during(() => reader.refreshSync());
      }
    }),
    { numRuns: IS_FULL_RUN ? 40 : 12 },
  );
});
