import { isIdempotent, isPrefixWithAcknowledged, isUntouched, isWithoutLeak } from "@datawal/oracle";
import { type PortCall, type SimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { RecordLog } from "../../src/index.js";
import { concat, flipped, frames, put, raw } from "../kit/frames.js";
import { leaveNote } from "../kit/lock-file.js";
import { readBack, readOnly, thrownBy } from "../kit/read-back.js";
import { allOrSample } from "../kit/seeded-random.js";
import { diskWith, filesOf, STORE } from "../kit/store-files.js";

const SEGMENT = "00000001.dwal";
const records = [raw(1, "one"), put(2, "key", "two"), raw(3, "three")];
const log = frames(...records);
const torn = frames(raw(4, "cut short")).subarray(0, -2);
const damagedThenValid = concat(flipped(frames(raw(4, "damaged")), 230), frames(raw(5, "valid")));

/** A disk on which nothing can be made or grow; cutting and syncing work. */
function full(disk: SimulatedDisk, errno = "ENOSPC") {
  return withFaults(disk, ({ operation, path }: PortCall) => {
    const grows = operation === "file.append" || operation === "file.appendParts";
    const makes = operation === "open" && path.endsWith(".new");
    return grows || makes ? { errno } : undefined;
  });
}

describe.each(["ENOSPC", "EDQUOT"])("%s", (errno) => {
  test("a torn tail that was never acknowledged is cut without quarantine, and that is said", () => {
    const disk = diskWith({ [SEGMENT]: concat(log, torn) });
    const first = readBack(full(disk, errno));
    isPrefixWithAcknowledged(first.records, records, records.length);
    expect(first.report).toMatchObject({
      quarantinePath: undefined,
      warnings: [
        {
          kind: "cut-without-quarantine",
          segment: 1,
          offset: log.length,
          bytes: torn.length,
          reason: "no-space",
        },
      ],
    });
    expect(filesOf(disk)).toEqual({ [SEGMENT]: log });
    isIdempotent(first, readBack(disk));
  });

  const refused: [string, (disk: SimulatedDisk) => void, Uint8Array, number][] = [
    ["valid frames beyond the damage", () => undefined, damagedThenValid, damagedThenValid.length],
    [
      "a tail that had been synced",
      (disk) => leaveNote(disk, { segment: 1, size: log.length + torn.length }),
      torn,
      torn.length,
    ],
    [
      "a prefix that may not be on disk",
      (disk) => leaveNote(disk, { segment: 1, size: 29 }),
      new Uint8Array(0),
      log.length - 29,
    ],
    [
      "both",
      (disk) => leaveNote(disk, { segment: 1, size: 29 }),
      damagedThenValid,
      log.length - 29 + damagedThenValid.length,
    ],
  ];

  test.each(refused)(
    "%s: nothing is changed, the bytes needed are said, readers work",
    (_name, prepare, tail, bytes) => {
      const files = { [SEGMENT]: concat(log, tail) };
      const disk = diskWith(files);
      prepare(disk);
      const fullDisk = full(disk, errno);
      expect(thrownBy(() => readBack(fullDisk))).toMatchObject({
        code: "ERR_DATAWAL_NO_SPACE",
        path: `${STORE}/${SEGMENT}`,
        bytesNeeded: bytes,
        cause: { code: errno },
      });
      isUntouched(files, filesOf(disk));
      const { openFileCount, heldLockCount } = fullDisk;
      isWithoutLeak({ openFileCount, heldLockCount, names: Object.keys(filesOf(disk)) });
      isPrefixWithAcknowledged(readOnly(disk).records, records, records.length);
      isPrefixWithAcknowledged(readBack(disk).records, records, records.length);
    },
  );

  test("a search that was given up may have missed valid frames: the tail is not expendable", () => {
    const header = frames(raw(9, "")).subarray(0, 24);
    new DataView(header.buffer, header.byteOffset).setUint32(20, 8000, true);
    const forged = new Uint8Array(9000);
    for (let at = 0; at < 900; at += 24) forged.set(header, at);
    const files = { [SEGMENT]: concat(log, forged) };
    const disk = diskWith(files);
    expect(thrownBy(() => readBack(full(disk, errno)))).toMatchObject({ code: "ERR_DATAWAL_NO_SPACE" });
    isUntouched(files, filesOf(disk));
  });
});

test("zeros and clean stores need no space", () => {
  for (const tail of [new Uint8Array(0), new Uint8Array(900)]) {
    const disk = diskWith({ [SEGMENT]: concat(log, tail) });
    isPrefixWithAcknowledged(readBack(full(disk)).records, records, records.length);
  }
});

/** A note that could not be kept, a journal half written: space may run out at any byte of either. */
test("space that runs out at any byte of the quarantine file or the journal loses nothing", () => {
  for (const space of allOrSample(0, 400, 100)) {
    const disk = diskWith({ [SEGMENT]: concat(log, damagedThenValid) });
    leaveNote(disk, { segment: 1, size: 29 });
    let left = space;
    const filling = withFaults(disk, ({ operation, path, byteCount = 0 }) => {
      if (operation !== "file.append" || path.endsWith(".lock")) return undefined;
      if (left === 0) return { errno: "ENOSPC" };
      const count = Math.min(left, byteCount);
      left -= count;
      return { count };
    });
    try {
      RecordLog.openSync(STORE, { fileSystem: filling }).closeSync();
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/NO_SPACE|STORE_IO/) });
    }
    isPrefixWithAcknowledged(readBack(disk).records, records, records.length);
    expect(Object.keys(filesOf(disk))).toEqual([`00000001.cut-${log.length}`, SEGMENT]);
  }
});
