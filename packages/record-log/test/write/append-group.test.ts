import { decodeGroupHead, GROUP_BYTES_MAX, RecordType } from "@datawal/format";
import { createSimulatedDisk, type SimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { type RecordLog, type RecordLogReader, verifyLogSync } from "../../src/index.js";
import { concat, frames, groupFrames, put, raw, sameBytes } from "../kit/frames.js";
import { openLog, openReader, payloadsOf, payloadsOnDisk } from "../kit/open-log.js";
import { thrownBy } from "../kit/read-back.js";
import { allOrSample } from "../kit/seeded-random.js";
import { diskWith, filesOf, readFile, STORE } from "../kit/store-files.js";

const SEGMENT = "00000001.dwal";
const PAIR = [put(0, "a", "1"), put(0, "b", "2")];

/** Payloads, and "head" for the head of a group. */
function shownBy(log: RecordLog | RecordLogReader): string[] {
  const decoder = new TextDecoder();
  return Array.from(log.scan(), (record) =>
    decodeGroupHead(record) ? "head" : decoder.decode(record.payload),
  );
}

describe("a group", () => {
  test("is its head and its records, whose txids are two apart, and the log goes on behind them", () => {
    const disk = createSimulatedDisk();
    const log = openLog(disk);
    log.append("before");
    const positions = log.appendGroup(PAIR);
    expect(log.append("behind").txid).toBe(7n);
    const [head, a, b] = groupFrames(2, ...PAIR);
    const start = 28 + "before".length;
    const expected = concat(frames(raw(1, "before")), head!, a!, b!, frames(raw(7, "behind")));
    expect(sameBytes(readFile(disk, SEGMENT), expected)).toBe(true);
    expect(positions).toEqual([
      { segment: 1, offset: start + head!.length, len: a!.length, txid: 4n },
      { segment: 1, offset: start + head!.length + a!.length, len: b!.length, txid: 6n },
    ]);
    expect(positions.map((ref) => log.read(ref).payload)).toEqual(PAIR.map(({ payload }) => payload));
    log.closeSync();
    const again = openLog(disk);
    expect(shownBy(again)).toEqual(["before", "head", "1", "2", "behind"]);
    expect(again.recoveryReport()).toMatchObject({ warnings: [], recordsReplayed: 5, lastTxidSeen: 7n });
  });

  test("of one record is that record, with the next txid; of none, nothing", () => {
    const disk = createSimulatedDisk();
    const log = openLog(disk);
    expect(log.appendGroup([])).toEqual([]);
    expect(log.appendGroup(["one"])).toEqual([{ segment: 1, offset: 0, len: 31, txid: 1n }]);
    expect(log.append("two").txid).toBe(2n);
    expect(payloadsOnDisk(disk)).toEqual(["one", "two"]);
  });

  test("takes the bytes that an iterable had when it yielded them", () => {
    const disk = createSimulatedDisk();
    const log = openLog(disk);
    const lent = Uint8Array.of(0x61);
    function* inputs() {
      for (; lent[0]! < 0x64; lent[0]!++) yield lent;
    }
    log.appendGroup(inputs());
    lent[0] = 0x61;
    log.appendGroup(inputs());
    expect(shownBy(log)).toEqual(["head", "a", "b", "c", "head", "a", "b", "c"]);
  });

  test("lies in one segment, also where it is larger than one", () => {
    const disk = createSimulatedDisk();
    const log = openLog(disk, { segmentBytesMax: 100 });
    log.append("before");
    log.appendGroup(["x".repeat(50), "y".repeat(50)]);
    log.append("behind");
    expect([...log.scan()].map(({ segment }) => segment)).toEqual([1, 2, 2, 2, 3]);
  });
});

describe("nothing is written of a group", () => {
  const cases: [string, () => Iterable<string | { type: RecordType; key: string }>, string][] = [
    [
      "that holds the reserved key",
      () => ["a", { type: RecordType.Put, key: "\0datawal.group\0\0" }],
      "ERR_DATAWAL_RESERVED_KEY",
    ],
    ["that holds no record", () => ["a", 5 as never], "ERR_DATAWAL_BAD_RECORD"],
    ["that is none", () => "text" as never, "ERR_DATAWAL_BAD_RECORD"],
  ];
  test.each(cases)("%s", (_, inputs, code) => {
    const disk = createSimulatedDisk();
    const log = openLog(disk);
    expect(thrownBy(() => log.appendGroup(inputs()))).toMatchObject({ code });
    expect(log.append("goes on").txid).toBe(1n);
    expect(payloadsOnDisk(disk)).toEqual(["goes on"]);
  });

  test("that is too large, and the error names the calls that are streams", () => {
    const log = openLog();
    const half = new Uint8Array(GROUP_BYTES_MAX / 2);
    expect(() => log.appendGroup([half, half])).toThrow(/appendMany or putMany/);
    expect(thrownBy(() => log.appendGroup([half, half]))).toMatchObject({
      code: "ERR_DATAWAL_GROUP_TOO_LARGE",
      bytes: GROUP_BYTES_MAX + 56,
      bytesMax: GROUP_BYTES_MAX,
    });
    expect(log.lastTxid).toBe(0n);
  });

  test("whose iterable fails, or writes", () => {
    const log = openLog();
    const failed = new Error("no more");
    function* failing() {
      yield "a";
      throw failed;
    }
    function* writing() {
      yield "a";
      log.append("within");
    }
    expect(thrownBy(() => log.appendGroup(failing()))).toBe(failed);
    expect(thrownBy(() => log.appendGroup(writing()))).toMatchObject({ code: "ERR_DATAWAL_REENTRANT" });
    expect(log.append("goes on").txid).toBe(1n);
  });

  test.each(["appendRecord", "appendMany"] as const)(
    "nor is a record with the reserved key, by %s",
    (call) => {
      const log = openLog();
      const append = {
        appendRecord: () => log.appendRecord(RecordType.Delete, "\0datawal.group\0\0", ""),
        appendMany: () => log.appendMany([{ type: RecordType.Delete, key: "\0datawal.group\0\0" }]),
      }[call];
      const error = thrownBy(append) as { code: string; cause?: { code: string } };
      expect((error.cause ?? error).code).toBe("ERR_DATAWAL_RESERVED_KEY");
    },
  );
});

// A batch that a kill or a power cut had torn was there in part: in one of fourteen runs.
describe("a group that is cut is not there at all", () => {
  const [head, ...rest] = groupFrames(2, ...PAIR);
  const before = frames(raw(1, "before"));
  const group = concat(head!, ...rest);

  function diskCutAt(byteCount: number): SimulatedDisk {
    return diskWith({ [SEGMENT]: concat(before, group.subarray(0, byteCount)) });
  }

  test("wherever it is: for readers, for verify and for the next writer, who goes on in its place", () => {
    for (const byteCount of allOrSample(0, group.length - 1, 30)) {
      const disk = diskCutAt(byteCount);
      const reader = openReader(disk);
      expect(shownBy(reader)).toEqual(["before"]);
      const { verdict, damages } = verifyLogSync(STORE, { fileSystem: disk });
      expect(verdict).toBe(byteCount === 0 ? "intact" : "torn");
      const isBehindHead = byteCount >= head!.length;
      if (isBehindHead)
        expect(damages).toMatchObject([{ offset: before.length, reason: "cut-group", validFramesBeyond: 0 }]);
      const log = openLog(disk, { recover: "strict" });
      expect(log.append("behind").txid).toBe(2n);
      expect(shownBy(log)).toEqual(["before", "behind"]);
      log.closeSync();
      reader.refreshSync();
      expect(shownBy(reader)).toEqual(["before", "behind"]);
    }
  });

  test("where anything behind its head is lost", () => {
    for (const lost of allOrSample(head!.length, group.length - 1, 30)) {
      const damaged = group.slice().fill(0, lost, lost + 8);
      if (sameBytes(damaged, group)) continue;
      const disk = diskWith({ [SEGMENT]: concat(before, damaged) });
      const { verdict, damages } = verifyLogSync(STORE, { fileSystem: disk });
      expect(verdict).toBe("torn");
      expect(damages).toMatchObject([{ offset: before.length, reason: "cut-group", validFramesBeyond: 0 }]);
      const log = openLog(disk);
      expect(shownBy(log)).toEqual(["before"]);
      log.closeSync();
    }
  });

  test("where it lies below what was synced, it is synced data that is damaged", () => {
    const disk = createSimulatedDisk();
    const log = openLog(disk);
    log.appendGroup(PAIR);
    log.fsyncSync();
    log.closeSync();
    const file = disk.open(`${STORE}/${SEGMENT}`, "append");
    file.truncate(group.length - 1);
    file.close();
    expect(verifyLogSync(STORE, { fileSystem: disk }).verdict).toBe("damaged");
    expect(thrownBy(() => openLog(disk, { recover: "strict" }))).toMatchObject({
      code: "ERR_DATAWAL_STRICT_RECOVERY",
    });
    const opened = openLog(disk);
    expect(shownBy(opened)).toEqual([]);
    expect(Object.keys(filesOf(disk))).toContain("00000001.cut-0");
  });
});

describe("a write of a group that fails", () => {
  test("poisons the handle; the next one finds no part of it, wherever the disk was full", () => {
    const total = concat(...groupFrames(2, ...PAIR)).length;
    for (const room of allOrSample(0, total - 1, 30)) {
      const disk = createSimulatedDisk();
      let left = room;
      let isFull = false;
      const filling = withFaults(disk, ({ operation, byteCount = 0 }) => {
        if (operation !== "file.append" || !isFull) return undefined;
        if (left === 0) return { errno: "ENOSPC" };
        const count = Math.min(left, byteCount);
        left -= count;
        return { count };
      });
      const log = openLog(filling);
      log.append("before");
      isFull = true;
      expect(thrownBy(() => log.appendGroup(PAIR))).toMatchObject({ code: "ERR_DATAWAL_APPEND_FAILED" });
      expect(log.isPoisoned).toBe(true);
      expect(payloadsOf(log.scan())).toEqual(["before"]);
      log.closeSync();
      expect(payloadsOnDisk(disk)).toEqual(["before"]);
    }
  });
});

// A job runner that wrote groups of JSON could not start again: the head that it was shown was none.
test("whose records are payloads alone finds them, past the heads, by their type", () => {
  const disk = createSimulatedDisk();
  const log = openLog(disk);
  log.appendGroup(["a", "b"]);
  log.append("c");
  log.closeSync();
  const payloads: string[] = [];
  openLog(disk, {
    replay: ({ type, payload }) => {
      if (type === RecordType.Raw) payloads.push(new TextDecoder().decode(payload));
    },
  });
  expect(payloads).toEqual(["a", "b", "c"]);
});
