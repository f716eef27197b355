import { join } from "node:path";
import { encodeRecord, RecordType } from "@datawal/format";
import type { FileSystem } from "@datawal/safeatomic";
import { createSimulatedDisk, type SimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { expect, test } from "vitest";
import { DataWal, DataWalReader, segmentName } from "../src/index.js";

const STORE = "/store";
const SEGMENT = join(STORE, segmentName(1));
/** More than a refresh of so small a store makes. */
const CALLS = 30;

/** What repairs and the next writer do to a segment: its end is cut, and two records of the same length come there. */
function replaceEnd(disk: SimulatedDisk, offset: number): void {
  const file = disk.open(SEGMENT, "append");
  file.truncate(offset);
  for (const [key, txid] of [["c", 2n] as const, ["d", 3n] as const]) {
    const frame = encodeRecord({
      type: RecordType.Put,
      txid,
      key: Buffer.from(key),
      payload: Buffer.from("3"),
    });
    file.append(frame, 0, frame.length);
  }
  file.close();
}

/** Runs `make` before the `at`-th call behind `arm`. */
function interrupted(disk: SimulatedDisk, at: number, make: () => void) {
  let left = Number.POSITIVE_INFINITY;
  const fileSystem: FileSystem = withFaults(disk, () => {
    if (left-- === 0) make();
  });
  const arm = () => {
    left = at;
  };
  return { fileSystem, arm };
}

// The model of readers beside writers found it: a refresh proved that the last record it knew still stood, and read on
// behind it. Was that record cut in between, and others of its length appended, it kept the one that was gone, missed the
// one in its place, and never noticed.
test("a refresh shows no record that was cut while it ran, whenever that is", () => {
  const shown = new Set<string>();
  for (let at = 0; at < CALLS; at++) {
    const disk = createSimulatedDisk();
    const wal = DataWal.openSync(STORE, { fileSystem: disk });
    wal.put(Buffer.from("a"), Buffer.from("1"));
    const offset = disk.stat(SEGMENT)!.size;
    wal.put(Buffer.from("b"), Buffer.from("2"));
    wal.closeSync();
    const { fileSystem, arm } = interrupted(disk, at, () => replaceEnd(disk, offset));
    const reader = DataWalReader.openSync(STORE, { fileSystem });
    arm();
    reader.refreshSync();
    shown.add([...reader.keys()].map((key) => Buffer.from(key).toString()).join(""));
    reader.closeSync();
  }
  expect([...shown].sort()).toEqual(["ab", "acd"]);
});
