import { crc32c } from "@datawal/format";
import type { FileSystem } from "@datawal/safeatomic";
import { runAsync, runSync } from "@datawal/safeatomic/internal";
import type { SimulatedDisk } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { Inspection } from "../../src/inspect/inspection.js";
import { readLastSegment } from "../../src/inspect/tail-in-flight.js";
import { Store } from "../../src/store/store.js";
import { frames, raw } from "../kit/frames.js";
import { diskWith, STORE } from "../kit/store-files.js";

const PATH = `${STORE}/00000001.dwal`;
const first = frames(raw(1, "one"));
const second = frames(raw(2, "two"));

/** A disk on which another process appends these bytes, a piece before each time that the segment is opened. */
function growing(...pieces: Uint8Array[]): SimulatedDisk {
  const disk = diskWith({ "00000001.dwal": first });
  const writer = disk.open(PATH, "append");
  const open = disk.open.bind(disk);
  disk.open = (...args) => {
    const piece = pieces.shift();
    if (piece) writer.append(piece, 0, piece.length);
    return open(...args);
  };
  return disk;
}

const storeOn = (fileSystem: FileSystem) => new Store({ fileSystem, crc: crc32c }, STORE);
const read = (disk: SimulatedDisk) => runSync(readLastSegment(new Inspection(storeOn(disk)), 1));

describe("damage at the end of a log that somebody may be writing", () => {
  test("that becomes a record while it is looked at again is an append in flight, and read", () => {
    const findings = read(growing(second.subarray(0, 10), second.subarray(10)));
    expect(findings).toMatchObject({ records: 2, validEnd: first.length + second.length, damage: undefined });
  });

  test("that stays as it is is a finding", () => {
    const findings = read(growing(second.subarray(0, 10)));
    expect(findings).toMatchObject({ records: 1, damage: { reason: "cut-header", bytes: 10 } });
  });

  test("that changes each time is no finding: the writer is at work", () => {
    const pieces = [...second.subarray(0, 8)].map((byte) => Uint8Array.of(byte));
    expect(read(growing(...pieces))).toMatchObject({ records: 1, validEnd: first.length, damage: undefined });
  });

  test("records that appear meanwhile are counted once", () => {
    const findings = read(growing(second.subarray(0, 1), second.subarray(1), frames(raw(3, "three"))));
    expect(findings).toMatchObject({ records: 2, damage: undefined });
  });

  test("is waited for without keeping the event loop", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await runAsync(readLastSegment(new Inspection(storeOn(growing(second.subarray(0, 10)))), 1));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });
});
