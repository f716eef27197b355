import { isIdempotent, isPrefixWithAcknowledged } from "@datawal/oracle";
import { type SimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { RecordLog } from "../../src/index.js";
import { concat, frames, put, raw, type SampleRecord, sameBytes } from "../kit/frames.js";
import { readBack, thrownBy } from "../kit/read-back.js";
import { allOrSample, SEED, SeededRandom } from "../kit/seeded-random.js";
import { diskWith, type Files, filesOf, keptBytes, STORE } from "../kit/store-files.js";

// The reference's worst flaw: what is appended behind a torn tail is lost, or the store never opens
// again. Here it is cut before the first append.

const sealed = [raw(1, "sealed"), put(2, "key", "also sealed")];
const active = [put(3, "key", "value"), raw(4, "acknowledged")];
const last = put(5, "the last key", "a payload that is long enough to be cut in many places");

/** A store before the crash: which segment is active, and what it and its predecessors hold. */
interface Scene {
  name: string;
  before: Files;
  activeName: string;
  records: SampleRecord[];
  /** Whether the repaired segment is sealed afterwards. */
  rotates: boolean;
}

const scenes: Scene[] = [
  {
    name: "in the first segment",
    before: {},
    activeName: "00000001.dwal",
    records: [...sealed, ...active],
    rotates: false,
  },
  {
    name: "behind a rotation, and rotated after",
    before: { "00000001.dwal": frames(...sealed) },
    activeName: "00000002.dwal",
    records: [...sealed, ...active],
    rotates: true,
  },
];

function soundBytes({ before, records }: Scene): Uint8Array {
  return frames(...records.slice(Object.keys(before).length > 0 ? sealed.length : 0));
}

function diskWithTail(scene: Scene, tail: Uint8Array): SimulatedDisk {
  return diskWith({ ...scene.before, [scene.activeName]: concat(soundBytes(scene), tail) });
}

/** Opens, appends and syncs as if nothing had happened; returns what was acknowledged. */
function appendMore(disk: SimulatedDisk, rotates: boolean): SampleRecord[] {
  const log = RecordLog.openSync(STORE, { fileSystem: disk });
  const more = [raw(log.lastTxid + 1n, "after the crash"), raw(log.lastTxid + 2n, "and more")];
  log.append(more[0]!.payload);
  log.fsyncSync();
  if (rotates) log.rotateSync();
  log.append(more[1]!.payload);
  log.fsyncSync();
  log.closeSync();
  return more;
}

/** The property of the issue: all acknowledged records, in order, nothing else; clean the second time. */
function survives(disk: SimulatedDisk, scene: Scene): void {
  recovers(disk, [...scene.records, ...appendMore(disk, scene.rotates)]);
}

function recovers(disk: SimulatedDisk, acknowledged: SampleRecord[]): void {
  const first = readBack(disk);
  isPrefixWithAcknowledged(first.records, acknowledged, acknowledged.length);
  isIdempotent(first, readBack(disk));
}

function quarantined(disk: SimulatedDisk): Files {
  return Object.fromEntries(Object.entries(filesOf(disk)).filter(([name]) => name.includes(".cut-")));
}

/** The discarded bytes are in one quarantine file, named by the place they were cut from. */
function keeps(disk: SimulatedDisk, scene: Scene, tail: Uint8Array): void {
  const name = scene.activeName.replace(".dwal", `.cut-${soundBytes(scene).length}`);
  const files = quarantined(disk);
  if (Object.keys(files).join() !== name || !sameBytes(keptBytes(files[name]!), tail))
    throw new Error(`expected ${name} with ${tail.length} bytes, found ${Object.keys(files)}`);
}

describe.each(scenes)("$name", (scene) => {
  const lastFrame = frames(last);

  test("whatever is left of the last frame is dropped and kept aside", () => {
    for (const count of allOrSample(1, lastFrame.length - 1, 12)) {
      const tail = lastFrame.subarray(0, count);
      const disk = diskWithTail(scene, tail);
      survives(disk, scene);
      keeps(disk, scene, tail);
    }
  });

  test("a log cut between two frames is clean and leaves no quarantine file", () => {
    const disk = diskWithTail(scene, new Uint8Array(0));
    survives(disk, scene);
    expect(quarantined(disk)).toEqual({});
  });

  test("zeros behind the log are cut, whatever their number, and not kept", () => {
    for (const count of allOrSample(1, 4200, 20)) {
      const disk = diskWithTail(scene, new Uint8Array(count));
      survives(disk, scene);
      expect(quarantined(disk)).toEqual({});
    }
  });

  test(`junk behind the log is cut and kept aside (seed ${SEED})`, () => {
    const random = new SeededRandom(SEED);
    for (const count of allOrSample(1, 64, 16)) {
      const tail = random.bytes(count);
      if (tail.every((byte) => byte === 0)) continue;
      const disk = diskWithTail(scene, tail);
      survives(disk, scene);
      keeps(disk, scene, tail);
    }
  });

  test("a write that fails in the middle of a frame leaves what the next open cuts and keeps aside", () => {
    for (const count of allOrSample(0, lastFrame.length - 1, 12)) {
      const disk = diskWithTail(scene, new Uint8Array(0));
      failAppend(disk, "file.append", last, count);
      survives(disk, scene);
      if (count > 0) keeps(disk, scene, lastFrame.subarray(0, count));
    }
  });

  test("a gathered write that fails likewise", () => {
    const large = raw(5, new Uint8Array(70_000).fill(1));
    for (const count of [0, 1, 23, 24, 25, 70_023, 70_024, 70_027]) {
      const disk = diskWithTail(scene, new Uint8Array(0));
      failAppend(disk, "file.appendParts", large, count);
      survives(disk, scene);
      if (count > 0) keeps(disk, scene, frames(large).subarray(0, count));
    }
  });
});

/** Appends a record on a disk that is full after `count` bytes of it; the handle is poisoned and closed. */
function failAppend(
  disk: SimulatedDisk,
  operation: "file.append" | "file.appendParts",
  { type, key, payload }: SampleRecord,
  count: number,
): void {
  let calls = 0;
  const full = withFaults(disk, (call) => {
    if (call.operation !== operation || !call.path.endsWith(".dwal")) return undefined;
    calls++;
    return calls === 1 && count > 0 ? { count } : { errno: "ENOSPC" };
  });
  const log = RecordLog.openSync(STORE, { fileSystem: full });
  expect(thrownBy(() => log.appendRecord(type, key, payload))).toMatchObject({
    code: "ERR_DATAWAL_APPEND_FAILED",
    cause: { code: "ENOSPC" },
  });
  log.closeSync();
}

test("the check can fail: what the reference leaves behind a torn tail has lost its acknowledged records", () => {
  const [scene] = scenes;
  for (const count of allOrSample(1, frames(last).length - 1, 12)) {
    const appended = raw(5, "after the crash");
    const left = concat(frames(last).subarray(0, count), frames(appended));
    expect(() => recovers(diskWithTail(scene!, left), [...scene!.records, appended])).toThrow(
      /oracle: 1 durable|with that version/,
    );
  }
});

test("the check can fail: a tail that is not kept aside is missed", () => {
  const [scene] = scenes;
  const tail = frames(last).subarray(0, 30);
  const disk = diskWithTail(scene!, tail);
  survives(disk, scene!);
  for (const name of Object.keys(quarantined(disk))) disk.removeFile(`${STORE}/${name}`);
  expect(() => keeps(disk, scene!, tail)).toThrow("expected 00000001.cut-");
});
