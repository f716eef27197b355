import { basename } from "node:path";
import { isIdempotent, isPrefixWithAcknowledged } from "@datawal/oracle";
import { type FaultyFileSystem, type SimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { RecordLog, salvageToSync } from "../../src/index.js";
import { sameBytes } from "../kit/frames.js";
import { readBack, readOnly } from "../kit/read-back.js";
import { REPAIR_CASES, type RepairCase } from "../kit/repair-cases.js";
import { allOrSample } from "../kit/seeded-random.js";
import { diskWith, filesOf, keptBytes, STORE } from "../kit/store-files.js";

/** How a process ends at a port call: it is killed, or the power goes and takes with it all that was not synced. */
type Death = "killProcess" | "cutPower";

/** Opens the store in a process that dies at its port call of that number; returns how many calls it made. */
function openAndDie(disk: SimulatedDisk, callIndex: number, death: Death): number {
  const mortal: FaultyFileSystem = withFaults(disk, ({ index }) =>
    index === callIndex ? "stop" : undefined,
  );
  try {
    RecordLog.openSync(STORE, { fileSystem: mortal }).closeSync();
  } catch (error) {
    if (!(error instanceof Error && error.name === "StoppedError")) throw error;
  }
  disk[death]();
  return mortal.callCount;
}

function callCount(repair: RepairCase): number {
  return openAndDie(repair.prepare(), Number.POSITIVE_INFINITY, "killProcess");
}

/** Everything is recovered, what was cut off is kept once, and the next open has nothing to do. */
function recovers(disk: SimulatedDisk, { records, tail }: RepairCase): void {
  const first = readBack(disk);
  isPrefixWithAcknowledged(first.records, records, records.length);
  const files = filesOf(disk);
  const others = Object.keys(files).filter((name) => !name.endsWith(".dwal"));
  if (
    tail.length === 0
      ? others.length > 0
      : others.length !== 1 || !sameBytes(keptBytes(files[others[0]!]!), tail)
  )
    throw new Error(`expected the tail to be kept once and nothing else, found ${others}`);
  isIdempotent(first, readBack(disk));
}

describe.each(REPAIR_CASES)("$name", (repair) => {
  const calls = callCount(repair);

  test("killed before any port call of the open, nothing is lost", () => {
    for (const death of ["killProcess", "cutPower"] as const) {
      for (const index of allOrSample(0, calls, 6)) {
        const disk = repair.prepare();
        openAndDie(disk, index, death);
        recovers(disk, repair);
      }
    }
  });

  test("killed, and killed again in the open that follows, nothing is lost", () => {
    for (const [first, second] of [
      ["killProcess", "cutPower"],
      ["cutPower", "killProcess"],
    ] as const) {
      for (const index of allOrSample(0, calls, 3, 14)) {
        for (const again of allOrSample(0, calls, 3, 14)) {
          const disk = repair.prepare();
          openAndDie(disk, index, first);
          openAndDie(disk, again, second);
          recovers(disk, repair);
        }
      }
    }
  }, 120_000);

  test("whatever it leaves, a reader sees a prefix, and salvage every frame once and in order", () => {
    if (repair.name === "no directory") return;
    for (const index of allOrSample(0, calls, 4)) {
      const disk = repair.prepare();
      openAndDie(disk, index, "killProcess");
      if (repair.tail.length === 0) isPrefixWithAcknowledged(readOnly(disk).records, repair.records, 0);
      const { isPublished } = salvageToSync(STORE, "/salvaged", { fileSystem: disk });
      const expected = [...repair.records, ...repair.beyond];
      expect(isPublished).toBe(expected.length > 0);
      if (!isPublished) continue;
      const { records } = readBack(disk, {}, "/salvaged");
      isPrefixWithAcknowledged(records, expected, expected.length);
    }
  });
});

test("what is cut is kept first: the quarantine file, then the journal, then the segment", () => {
  const repair = REPAIR_CASES.find(
    ({ name }) => name === "a tail that may not be on disk, before a torn one",
  )!;
  const changes: string[] = [];
  const traced = withFaults(repair.prepare(), ({ operation, path, to }) => {
    if (/^(rename|removeFile|file\.truncate|fsyncDirectorySync)$/.test(operation))
      changes.push(`${operation} ${basename(to ?? path)}`);
  });
  RecordLog.openSync(STORE, { fileSystem: traced }).closeSync();
  const offset = changes.findIndex((change) => change.startsWith("rename"));
  expect(changes.slice(offset)).toEqual([
    "rename 00000002.cut-711",
    "fsyncDirectorySync store",
    "rename 00000002.tail",
    "fsyncDirectorySync store",
    "file.truncate 00000002.dwal",
    "removeFile 00000002.tail",
    "fsyncDirectorySync store",
  ]);
});

describe("the check can fail", () => {
  const repair = REPAIR_CASES.find(
    ({ name }) => name === "a repair that was killed when the segment was cut",
  )!;

  test("a journal that is lost takes acknowledged records with it", () => {
    const disk = repair.prepare();
    disk.removeFile(`${STORE}/00000002.tail`);
    expect(() => recovers(disk, repair)).toThrow("oracle: 1 durable");
  });

  test("a tail that is cut before it is kept is missed", () => {
    const torn = REPAIR_CASES[0]!;
    const disk = torn.prepare();
    const file = disk.open(`${STORE}/00000002.dwal`, "append");
    file.truncate(file.stat().size - torn.tail.length);
    expect(() => recovers(disk, torn)).toThrow("expected the tail to be kept once");
  });

  test("a record that nobody appended is noticed", () => {
    const files = filesOf(REPAIR_CASES[0]!.prepare());
    const disk = diskWith({ ...files, "00000002.dwal": files["00000001.dwal"]! });
    expect(() => recovers(disk, REPAIR_CASES[0]!)).toThrow("oracle: 2 prefix");
  });

  test("each case dies within its repair: there are calls on the segment, the quarantine and the journal", () => {
    const operations = new Set<string>();
    for (const { prepare } of REPAIR_CASES) {
      const traced = withFaults(prepare(), ({ operation, path }) => {
        operations.add(`${operation} ${path.replace(/.*\./, "")}`);
      });
      RecordLog.openSync(STORE, { fileSystem: traced }).closeSync();
    }
    for (const call of ["file.truncate dwal", "file.append new", "rename new", "removeFile tail"])
      expect([...operations]).toContain(call);
  });
});
