import { closeSync, openSync, readdirSync, statSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { crc32c } from "@datawal/format";
import { isIdempotent, isPrefixWithAcknowledged, isUntouched } from "@datawal/oracle";
import { type FileSystem, nodeFileSystem } from "@datawal/safeatomic";
import { withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { RecordLog, salvageToSync } from "../../src/index.js";
import { QUARANTINE_HEADER_LEN } from "../../src/internal.js";
import { decodeQuarantineHeader, encodeQuarantineHeader } from "../../src/repair/quarantine-header.js";
import { concat, flipped, frames, put, raw } from "../kit/frames.js";
import { fixtureFiles } from "../kit/golden-stores.js";
import { leaveNote } from "../kit/lock-file.js";
import { wrappingOpenFiles } from "../kit/open-file-wrapper.js";
import { readBack, thrownBy } from "../kit/read-back.js";
import { quarantineOf } from "../kit/repair-cases.js";
import { allOrSample, IS_FULL_RUN } from "../kit/seeded-random.js";
import { diskWith, filesOf, STORE } from "../kit/store-files.js";
import { inTemporaryDirectory } from "../kit/temporary-directory.js";

const SEGMENT = "00000001.dwal";
const records = [raw(1, "one"), put(2, "key", "two")];
const log = frames(...records);
const GIB = 1024 ** 3;

describe("the header", () => {
  const header = {
    segment: 12,
    tailOffset: 4096,
    tailBytes: 3 * GIB,
    offset: 70_000,
    byteCount: 5,
    before: { segment: 11, offset: 2 ** 40, txid: 2n ** 64n - 1n, crc: 0xdeadbeef },
  };

  test("is a line of 160 bytes that people can read", () => {
    expect(Buffer.from(encodeQuarantineHeader(header, crc32c)).toString()).toBe(
      "cut 1 12 4096 3221225472 70000 5 11 1099511627776 18446744073709551615 deadbeef 15fe7594".padEnd(159) +
        "\n",
    );
    const none = Buffer.from(encodeQuarantineHeader({ ...header, before: undefined }, crc32c)).toString();
    expect(none).toMatch(/^cut 1 12 4096 3221225472 70000 5 - - - - [0-9a-f]+ +\n$/);
    expect(none).toHaveLength(QUARANTINE_HEADER_LEN);
  });

  test("has room for the largest numbers", () => {
    const most = { segment: 99_999_999, offset: Number.MAX_SAFE_INTEGER };
    const before = { ...most, txid: 2n ** 64n - 1n, crc: 0xffffffff };
    const largest = {
      ...most,
      tailOffset: most.offset,
      tailBytes: most.offset,
      byteCount: most.offset,
      before,
    };
    const line = encodeQuarantineHeader(largest, crc32c);
    expect(line).toHaveLength(QUARANTINE_HEADER_LEN);
    expect(decodeQuarantineHeader(line, crc32c)).toEqual(largest);
  });

  test("is read as it was written, and not where a bit of it is wrong", () => {
    for (const each of [header, { ...header, before: undefined }]) {
      const line = encodeQuarantineHeader(each, crc32c);
      expect(decodeQuarantineHeader(line, crc32c)).toEqual(each);
      for (let bit = 0; bit < line.length * 8; bit++)
        expect(decodeQuarantineHeader(flipped(line, bit), crc32c), `bit ${bit}`).toBeUndefined();
    }
  });
});

test("the golden one is read as it was written: what has a header is put back, what has none is extracted", () => {
  const disk = diskWith(fixtureFiles("quarantine"));
  const { quarantines } = salvageToSync(STORE, "/salvaged", { fileSystem: disk });
  expect(quarantines).toEqual([
    {
      paths: [`${STORE}/00000001.cut-65`, `${STORE}/00000001.cut-70169`],
      outcome: "put-back",
      records: 2,
      target: undefined,
    },
    {
      paths: [`${STORE}/00000001.cut-4096`],
      outcome: "extracted",
      records: 1,
      target: "/salvaged.quarantine-1",
    },
  ]);
  const payload = concat(Buffer.from("a"), new Uint8Array(70_000), Buffer.from("z"));
  const found = readBack(disk, {}, "/salvaged").records;
  const appended = put(3, "other", "appended after the repair");
  const expected = [...records, put(4, "key", "behind damage"), raw(5, payload), appended];
  isPrefixWithAcknowledged(found, expected, expected.length);
});

/** A file of 3 GiB that was hardly there became 3 GiB of quarantine. */
describe("a sparse tail", () => {
  const size = IS_FULL_RUN ? 3 * GIB : 32 << 20;

  test("costs what is in it: one file for each run of bytes, the zeros only told", () => {
    inTemporaryDirectory((store) => {
      const path = join(store, SEGMENT);
      writeFileSync(path, concat(log, Uint8Array.of(9)));
      truncateSync(path, size);
      const middle = size / 2;
      const file = openSync(path, "r+");
      for (const at of [middle, middle + 60_000, middle + 200_000]) writeSync(file, Buffer.of(7), 0, 1, at);
      closeSync(file);
      const { records: found, report } = readBack(nodeFileSystem, {}, store);
      isPrefixWithAcknowledged(found, records, records.length);
      const names = [log.length, middle, middle + 200_000].map((at) => `00000001.cut-${at}`);
      const paths = names.map((name) => join(store, name));
      const keptBytes = 1 + 60_001 + 1;
      const bytes = size - log.length;
      expect(report).toMatchObject({ tailBytesDiscarded: bytes, quarantinePath: paths[0] });
      expect(report.warnings).toEqual([
        { kind: "kept-in-parts", segment: 1, offset: log.length, bytes, keptBytes, paths },
      ]);
      expect(
        readdirSync(store)
          .filter((name) => name.includes("cut-"))
          .sort(),
      ).toEqual(names.toSorted());
      const sizes = paths.map((each) => statSync(each).size - QUARANTINE_HEADER_LEN);
      expect(sizes).toEqual([1, 60_001, 1]);
    });
  }, 60_000);

  const zeros = new Uint8Array(70_000);
  const beyond = [raw(5, concat(Uint8Array.of(1), zeros, Uint8Array.of(1))), put(6, "key", "six")];
  const tail = concat(flipped(frames(raw(3, "damaged")), 230), zeros, frames(...beyond), zeros);
  const part = (offset: number, byteCount: number) => quarantineOf(1, records, tail, { offset, byteCount });
  const first = 35 + zeros.length;
  const whole = {
    [`00000001.cut-${log.length}`]: part(0, 35),
    [`00000001.cut-${log.length + first}`]: part(first, 25),
    [`00000001.cut-${log.length + first + 25 + zeros.length}`]: part(first + 25 + zeros.length, 39),
  };

  test("is put together again from its parts: a frame may lie across several", () => {
    const disk = diskWith({ [SEGMENT]: concat(log, tail) });
    readBack(disk);
    expect(filesOf(disk)).toEqual({ [SEGMENT]: log, ...whole });
    const { lost } = salvageToSync(STORE, "/salvaged", { fileSystem: disk });
    isPrefixWithAcknowledged(readBack(disk, {}, "/salvaged").records, [...records, ...beyond], 4);
    const path = `${STORE}/00000001.cut-${log.length}`;
    expect(lost).toEqual([{ path, segment: 1, offset: 160, bytes: 35, reason: "quarantine" }]);
  });

  test("a repair that is killed between its parts goes on with them, and doubles none", () => {
    const open = (fileSystem: FileSystem) => RecordLog.openSync(STORE, { fileSystem }).closeSync();
    const torn = () => diskWith({ [SEGMENT]: concat(log, tail) });
    const counting = withFaults(torn(), () => undefined);
    open(counting);
    for (const death of ["killProcess", "cutPower"] as const) {
      for (const call of allOrSample(0, counting.callCount, 16)) {
        const disk = torn();
        try {
          open(withFaults(disk, ({ index }) => (index === call ? "stop" : undefined)));
        } catch (error) {
          expect(error).toMatchObject({ name: "StoppedError" });
        }
        disk[death]();
        salvageToSync(STORE, "/salvaged", { fileSystem: disk });
        isPrefixWithAcknowledged(readBack(disk, {}, "/salvaged").records, [...records, ...beyond], 4);
        isIdempotent(readBack(disk), readBack(disk));
        expect(filesOf(disk)).toEqual({ [SEGMENT]: log, ...whole });
      }
    }
  });

  test("of which a part is gone, or is another's, is not put together from the wrong ones", () => {
    const [head, middle, last] = Object.entries(whole);
    const found = (...parts: [string, Uint8Array][]) => {
      const disk = diskWith({ [SEGMENT]: log, ...Object.fromEntries(parts) });
      const { quarantines, lost } = salvageToSync(STORE, "/salvaged", { fileSystem: disk });
      expect(lost.every(({ path, bytes }) => bytes <= disk.stat(path)!.size)).toBe(true);
      return quarantines.map(({ outcome, records: count }) => `${outcome} ${count}`);
    };
    expect(found(head!, middle!, last!)).toEqual(["put-back 2"]);
    expect(found(head!, last!)).toEqual(["put-back 1"]);
    expect(found(head!, middle!, [`${last![0]}-1`, last![1]])).toEqual(["empty 0", "put-back 1"]);
  });
});

describe("a tail of more than a repair copies", () => {
  /** A segment that seems to be longer by so many bytes that are not zero, until it is cut. */
  function seemsLonger(disk: FileSystem, byteCount: number): FileSystem {
    let isCut = false;
    return wrappingOpenFiles(disk, (file, path) => {
      if (!path.endsWith(SEGMENT)) return {};
      const real = () => file.stat().size;
      return {
        stat: () => ({ ...file.stat(), size: real() + (isCut ? 0 : byteCount) }),
        truncate: (size) => {
          isCut = true;
          file.truncate(size);
        },
        readAt: (target, targetOffset, count, offset) => {
          if (isCut || offset < real())
            return file.readAt(target, targetOffset, Math.min(count, real() - offset), offset);
          target.fill(0xff, targetOffset, targetOffset + count);
          return count;
        },
      };
    });
  }

  test("is cut without quarantine where nothing acknowledged and no valid frame is in it", () => {
    const disk = diskWith({ [SEGMENT]: log });
    const { records: found, report } = readBack(seemsLonger(disk, GIB + 1));
    isPrefixWithAcknowledged(found, records, records.length);
    const place = { segment: 1, offset: log.length, bytes: GIB + 1 };
    expect(report.warnings).toEqual([{ kind: "cut-without-quarantine", ...place, reason: "too-large" }]);
    expect(filesOf(disk)).toEqual({ [SEGMENT]: log });
  }, 60_000);

  test.each([
    ["a valid frame", concat(flipped(frames(raw(3, "damaged")), 230), frames(raw(4, "valid"))), 0],
    ["what had been synced", Uint8Array.of(1), log.length + 1],
  ])(
    "is refused with the bytes needed where %s is in it; nothing is changed",
    (_name, tail, syncedBytes) => {
      const files = { [SEGMENT]: concat(log, tail) };
      const disk = diskWith(files);
      if (syncedBytes > 0) leaveNote(disk, { segment: 1, size: syncedBytes });
      expect(thrownBy(() => readBack(seemsLonger(disk, GIB)))).toMatchObject({
        code: "ERR_DATAWAL_TAIL_TOO_LARGE",
        path: `${STORE}/${SEGMENT}`,
        bytesNeeded: GIB + tail.length,
        bytesMax: GIB,
      });
      isUntouched(files, filesOf(disk));
    },
    60_000,
  );
});
