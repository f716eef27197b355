import type { FileSystem } from "@datawal/safeatomic";
import { createSimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import type { LogPosition } from "../../src/index.js";
import { flipped, frames, raw } from "../kit/frames.js";
import { turnOfEventLoop } from "../kit/held-syncs.js";
import { openLog, payloadsOf, payloadsOnDisk } from "../kit/open-log.js";
import { thrownBy } from "../kit/read-back.js";
import { diskWith, STORE, writeFiles } from "../kit/store-files.js";

const MIB = 1 << 20;

/** A log with these payloads, one segment for each list. */
function logOf(segments: string[][], fileSystem: FileSystem = createSimulatedDisk()) {
  const log = openLog(fileSystem);
  segments.forEach((payloads, index) => {
    if (index > 0) log.rotateSync();
    log.appendMany(payloads);
  });
  return log;
}

describe("a scan", () => {
  test("goes over all segments in order, empty ones included, as often as it is asked", async () => {
    const log = logOf([["1", "2"], [], ["3"]]);
    const scan = log.scan();
    expect(payloadsOf(scan)).toEqual(["1", "2", "3"]);
    expect(payloadsOf(scan)).toEqual(["1", "2", "3"]);
    const asynchronously: string[] = [];
    for await (const { payload } of scan) asynchronously.push(new TextDecoder().decode(payload));
    expect(asynchronously).toEqual(["1", "2", "3"]);
  });

  test("gives each record with where it lies", () => {
    const log = openLog();
    const appended = log.appendMany(["a", "bc"]);
    expect([...log.scan()]).toMatchObject(appended);
  });

  test("of an empty log has nothing", () => {
    expect([...openLog().scan()]).toEqual([]);
  });

  test("starts at the position of any record", () => {
    const log = logOf([["1", "2"], [], ["3", "4"]]);
    const records = [...log.scan()];
    records.forEach((record, index) => {
      expect([...log.scan({ from: record })]).toEqual(records.slice(index));
    });
  });

  test("starts with the next record where a segment ends, is missing, or is empty", () => {
    const log = logOf([["1"], ["2"], [], ["3"]]);
    const from = (segment: number, offset: number) => payloadsOf(log.scan({ from: { segment, offset } }));
    expect(from(1, 29)).toEqual(["2", "3"]);
    expect(from(1, 9_000)).toEqual(["2", "3"]);
    expect(from(3, 0)).toEqual(["3"]);
    expect(from(4, 29)).toEqual([]);
    expect(from(9, 0)).toEqual([]);
    log.dropSegmentsBeforeSync(2);
    expect(from(1, 12)).toEqual(["2", "3"]);
  });

  test("refuses a position where no record begins", () => {
    const log = logOf([["1", "2"]]);
    for (let offset = 1; offset < 58; offset++) {
      if (offset === 29) continue;
      const error = thrownBy(() => [...log.scan({ from: { segment: 1, offset } })]);
      expect(error).toBeInstanceOf(RangeError);
      expect(error).toMatchObject({ code: "ERR_DATAWAL_BAD_REF", segment: 1, offset });
    }
  });

  // A position that was no number yielded nothing at all, or read at a negative offset.
  test("refuses what is no position", () => {
    const log = logOf([["1"]]);
    for (const wrong of [Number.NaN, -1, 0.5, "0", undefined, null])
      for (const from of [
        { segment: wrong, offset: 0 },
        { segment: 1, offset: wrong },
      ])
        expect(thrownBy(() => log.scan({ from: from as LogPosition }))).toMatchObject({
          code: "ERR_DATAWAL_BAD_REF",
        });
    expect(thrownBy(() => log.scan({ from: null as unknown as LogPosition }))).toMatchObject({
      code: "ERR_DATAWAL_BAD_REF",
    });
  });

  test("gives views that stay as they are, over many chunks and with records larger than one", () => {
    const log = openLog(undefined, { segmentBytesMax: 8 * MIB });
    const sizes = [
      10,
      700_000,
      700_000,
      2.5 * MIB,
      5,
      MIB,
      MIB - 28,
      MIB / 4,
      MIB / 4 - 28,
      MIB / 4,
      3 * MIB,
      1,
    ];
    sizes.forEach((size, index) => void log.append(new Uint8Array(size).fill(index + 1)));
    const records = [...log.scan()];
    expect(records.map(({ payload }) => payload.length)).toEqual(sizes);
    records.forEach(({ payload }, index) => {
      expect(Buffer.compare(payload, new Uint8Array(sizes[index]!).fill(index + 1))).toBe(0);
    });
  });

  test("counts what its latest iteration has seen so far", () => {
    const log = logOf([["1", "2"], ["3"]]);
    const scan = log.scan();
    expect(scan.recoveryReport()).toMatchObject({ filesScanned: 0, recordsReplayed: 0, lastTxidSeen: 0n });
    const iterator = scan[Symbol.iterator]();
    iterator.next();
    expect(scan.recoveryReport()).toMatchObject({ filesScanned: 1, recordsReplayed: 1, lastTxidSeen: 1n });
    iterator.next();
    iterator.next();
    iterator.next();
    expect(scan.recoveryReport()).toMatchObject({ filesScanned: 2, recordsReplayed: 3, lastTxidSeen: 3n });
    scan[Symbol.iterator]();
    expect(scan.recoveryReport()).toMatchObject({ filesScanned: 0, recordsReplayed: 0 });
    expect(log.recoveryReport()).toMatchObject({ recordsReplayed: 0 });
  });
});

describe("while a scan runs", () => {
  test("what is appended is seen, over rotations, as with Map", () => {
    const log = logOf([["1"]]);
    const seen: string[] = [];
    for (const { payload } of log.scan()) {
      const text = new TextDecoder().decode(payload);
      seen.push(text);
      if (text === "1") log.append("2");
      if (text === "2") {
        log.append("3");
        log.rotateSync();
        log.append("4");
      }
      if (text === "4") log.appendMany(["5", "6"]);
    }
    expect(seen).toEqual(["1", "2", "3", "4", "5", "6"]);
  });

  test("one that has come to its end stays there", () => {
    const log = logOf([["1"]]);
    const iterator = log.scan()[Symbol.iterator]();
    iterator.next();
    expect(iterator.next().done).toBe(true);
    log.append("2");
    expect(iterator.next().done).toBe(true);
  });

  test("dropped segments that it has not come to are left out", () => {
    const log = logOf([["1"], ["2"], ["3"]]);
    const iterator = log.scan()[Symbol.iterator]();
    iterator.next();
    log.dropSegmentsBeforeSync(3);
    expect(payloadsOf(iterator)).toEqual(["3"]);
  });

  test("asynchronously, the event loop gets its turns", async () => {
    const log = openLog();
    log.appendMany(["1", "2", "3", "4", "5"]);
    let turns = 0;
    let isRunning = true;
    const count = async () => {
      while (isRunning) {
        await turnOfEventLoop();
        turns++;
      }
    };
    const counting = count();
    for await (const _ of log.scan()) {
      // The handling of each record takes long: a turn is due.
      const end = performance.now() + 9;
      while (performance.now() < end);
    }
    isRunning = false;
    await counting;
    expect(turns).toBeGreaterThanOrEqual(4);
  });
});

describe("a scan that ends early leaves no descriptor open:", () => {
  function openCounted() {
    let isBroken = false;
    const fileSystem = withFaults(createSimulatedDisk(), ({ operation }) =>
      isBroken && operation === "file.readAt" ? { errno: "EIO" } : undefined,
    );
    const log = logOf([["1", "2"], ["3"]], fileSystem);
    const breakDisk = () => {
      isBroken = true;
    };
    return { fileSystem, log, breakDisk, forWriting: fileSystem.openFileCount };
  }

  test("by break", async () => {
    const { fileSystem, log, forWriting } = openCounted();
    for (const _ of log.scan()) break;
    expect(fileSystem.openFileCount).toBe(forWriting);
    for await (const _ of log.scan()) break;
    expect(fileSystem.openFileCount).toBe(forWriting);
    const [first] = log.scan();
    expect(first!.txid).toBe(1n);
    expect(fileSystem.openFileCount).toBe(forWriting);
  });

  test("by an error of its consumer", () => {
    const { fileSystem, log, forWriting } = openCounted();
    expect(() => {
      for (const _ of log.scan()) throw new Error("enough");
    }).toThrow("enough");
    expect(fileSystem.openFileCount).toBe(forWriting);
  });

  // No `for` loop calls `return` when `next` itself has thrown: each of these leaked the segment's descriptor.
  test("by an error of the disk, which has a code", () => {
    const { fileSystem, log, breakDisk, forWriting } = openCounted();
    breakDisk();
    expect(thrownBy(() => [...log.scan()])).toMatchObject({
      code: "ERR_DATAWAL_STORE_IO",
      operation: "scan",
      path: `${STORE}/00000001.dwal`,
      errno: "EIO",
    });
    expect(fileSystem.openFileCount).toBe(forWriting);
  });

  test("by closing the log", () => {
    const { fileSystem, log } = openCounted();
    const iterator = log.scan()[Symbol.iterator]();
    iterator.next();
    log.closeSync();
    expect(thrownBy(() => iterator.next())).toMatchObject({ code: "ERR_DATAWAL_CLOSED" });
    expect(fileSystem.openFileCount).toBe(0);
  });

  test("by damage", () => {
    const first = frames(raw(1, "a"), raw(2, "b"));
    const disk = diskWith({ "00000001.dwal": first, "00000002.dwal": frames(raw(3, "c")) });
    const fileSystem = withFaults(disk, () => undefined);
    const log = openLog(fileSystem);
    const forWriting = fileSystem.openFileCount;
    writeFiles(disk, { "00000001.dwal": flipped(first, 8 * 40) });
    const seen: bigint[] = [];
    const error = thrownBy(() => {
      for (const { txid } of log.scan()) seen.push(txid);
    });
    expect(error).toMatchObject({
      code: "ERR_DATAWAL_SEGMENT_DAMAGED",
      path: `${STORE}/00000001.dwal`,
      segment: 1,
      offset: 29,
      reason: "crc-mismatch",
    });
    expect(seen).toEqual([1n]);
    expect(fileSystem.openFileCount).toBe(forWriting);
  });
});

test("damage at the start of a segment is not blamed on the position to start from", () => {
  const first = frames(raw(1, "a"));
  const disk = diskWith({ "00000001.dwal": first, "00000002.dwal": new Uint8Array(0) });
  const log = openLog(disk);
  writeFiles(disk, { "00000001.dwal": flipped(first, 0) });
  const scan = log.scan({ from: { segment: 1, offset: 0 } });
  expect(thrownBy(() => [...scan])).toMatchObject({ code: "ERR_DATAWAL_SEGMENT_DAMAGED", offset: 0 });
});

test("what a failed append has left behind the log is not seen", () => {
  let writes = 0;
  const fileSystem = withFaults(createSimulatedDisk(), ({ operation }) => {
    if (operation !== "file.append") return;
    writes++;
    if (writes === 2) return { count: 20 };
    if (writes === 3) return { errno: "ENOSPC" };
    return;
  });
  const log = openLog(fileSystem);
  log.append("a");
  expect(thrownBy(() => log.append("b"))).toMatchObject({ code: "ERR_DATAWAL_APPEND_FAILED" });
  expect(payloadsOf(log.scan())).toEqual(["a"]);
  expect(payloadsOnDisk(fileSystem)).toEqual(["a"]);
});
