import { createSimulatedDisk, type SimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal, DataWalReader, RecordLogReader, RecordType, utf8 } from "datawal";
import fc from "fast-check";
import { expect, test } from "vitest";

const TEXT = { key: utf8, value: utf8 };
const pairsOf = (store: Iterable<[string, string]>) => Object.fromEntries([...store].sort());
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const open = (fileSystem: SimulatedDisk) =>
  DataWal.openSync("/store", { ...TEXT, fileSystem, segmentBytesMax: 120 });

/** A copy that is kept by following. */
function copyBy(reader: RecordLogReader) {
  const copy = new Map<string, string>();
  const followed = reader.follow({ pollMs: 1, onReset: () => copy.clear() });
  /** Until it has a pair, or has drawn so many records. */
  const draw = async (name: string, value: string, most = Infinity) => {
    for (let count = 0; count < most && copy.get(name) !== value; count++) {
      const { type, key, payload } = (await followed.next()).value;
      if (type === RecordType.Put) copy.set(textOf(key), textOf(payload));
      else copy.delete(textOf(key));
    }
  };
  return { copy, draw };
}

/** Puts a pair, shows it to a reader, and cuts it off, as a power cut does to what was not synced. */
function cutLast(store: DataWal<string, string>, disk: SimulatedDisk, show: () => void) {
  const active = () => store.stats().bySegment.at(-1)!.segment;
  const segment = active();
  const path = `/store/${String(segment).padStart(8, "0")}.dwal`;
  store.fsyncSync();
  const { size } = disk.stat(path)!;
  store.put("cut", "seen, and lost");
  if (active() !== segment) return store;
  show();
  store.closeSync();
  const file = disk.open(path, "append");
  file.truncate(size);
  file.close();
  return open(disk);
}

const key = fc.constantFrom(..."abcdef");
const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ put: key }) },
  { weight: 3, arbitrary: fc.record({ delete: key }) },
  { weight: 1, arbitrary: fc.record({ compact: fc.constantFrom(0, 0.3, 0.6) }) },
  { weight: 1, arbitrary: fc.record({ cut: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ draw: fc.constantFrom(1, 3, Infinity) }) },
  { weight: 1, arbitrary: fc.record({ refresh: fc.constantFrom("whole", "given up") }) },
);

test("a follower's copy is the store, whatever is put, compacted, and cut off what it has seen", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 60 }), async (operations) => {
      const disk = createSimulatedDisk();
      let store = open(disk);
      const reader = RecordLogReader.openSync("/store", { fileSystem: disk });
      const view = DataWalReader.openSync("/store", { ...TEXT, fileSystem: disk });
      const { copy, draw } = copyBy(reader);
      for (const [index, given] of operations.entries()) {
        const value = `${index}`;
        if ("put" in given) store.put(given.put, value);
        else if ("delete" in given) store.delete(given.delete);
        else if ("compact" in given) store.compactSync({ minWasteRatio: given.compact });
        else if ("cut" in given)
          store = cutLast(store, disk, () =>
            [reader, ...(given.cut ? [view] : [])].map((it) => it.refreshSync()),
          );
        else if ("draw" in given) {
          store.put("mark", value);
          await draw("mark", value, given.draw);
        } else if (given.refresh === "whole") reader.refreshSync();
        else await reader.refresh({ signal: AbortSignal.abort() }).catch(() => undefined);
      }
      store.put("last", "");
      await draw("last", "");
      view.refreshSync();
      expect(Object.fromEntries([...copy].sort())).toEqual(pairsOf(store));
      expect(pairsOf(view)).toEqual(pairsOf(store));
    }),
    { numRuns: 60 },
  );
});
