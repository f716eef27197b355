import { createSimulatedDisk, type SimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { DataWal, DataWalReader, utf8 } from "datawal";
import { expect, test } from "vitest";
import { IS_FULL_RUN } from "../../../record-log/test/kit/seeded-random.js";

const TEXT = { key: utf8, value: utf8 };
const open = (fileSystem: Parameters<typeof withFaults>[0]) =>
  DataWal.openSync("/store", { ...TEXT, fileSystem, segmentBytesMax: 150, recover: "strict" });
const pairsOf = (store: Iterable<[string, string]>) => Object.fromEntries([...store].sort());

/**
 * What a power cut may leave behind a compaction that has removed what it moved. Notes are never synced: it may be one
 * that proves nothing of what the newest segment got.
 */
function cutBehindCompaction(): { images: SimulatedDisk[]; pairs: Record<string, string> } {
  const disk = createSimulatedDisk();
  const store = open(disk);
  for (const value of ["1", "2"]) for (const key of "abcd") store.put(key, value);
  store.compactSync();
  const images = [...disk.crashImages({ limit: 500, random: () => 0.5 })].map((image) => image.mount());
  return { images, pairs: pairsOf(store) };
}

function looker(disk: SimulatedDisk, pairs: Record<string, string>, wrong: string[]) {
  return (at: string) => {
    try {
      using reader = DataWalReader.openSync("/store", { ...TEXT, fileSystem: disk });
      const found = JSON.stringify(pairsOf(reader));
      if (found !== JSON.stringify(pairs)) wrong.push(`${at}: ${found}`);
    } catch (error) {
      wrong.push(`${at}: ${error}`);
    }
  };
}

// What was moved was durable, and what it was moved from was gone; the note was older than both. The repair cut what it
// could not prove and appended it again, and a reader that looked in between found neither old nor new.
test("a reader beside a repair behind a compaction finds every pair, whenever it looks", () => {
  const { images, pairs } = cutBehindCompaction();
  const wrong: string[] = [];
  for (const [image, disk] of images.entries()) {
    const look = looker(disk, pairs, wrong);
    const watched = withFaults(disk, ({ operation, path }) => look(`image ${image}, ${operation} ${path}`));
    open(watched).closeSync();
  }
  expect(images.length).toBeGreaterThan(2);
  expect(wrong).toEqual([]);
});

test("and one behind a repair that failed, or died, at any call", () => {
  const wrong: string[] = [];
  for (const fault of ["stop", { errno: "EIO" }] as const) {
    const { images } = cutBehindCompaction();
    for (let image = 0; image < images.length; image++) {
      for (let failing = 0, isDone = false; !isDone; failing += IS_FULL_RUN ? 1 : 3) {
        const { images: again, pairs } = cutBehindCompaction();
        const faulty = withFaults(again[image]!, ({ index }) => (index === failing ? fault : undefined));
        try {
          open(faulty).closeSync();
        } catch {
          // Whatever it says, readers are to find every pair.
        }
        isDone = faulty.callCount <= failing;
        again[image]!.killProcess();
        looker(again[image]!, pairs, wrong)(`image ${image}, call ${failing}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});
