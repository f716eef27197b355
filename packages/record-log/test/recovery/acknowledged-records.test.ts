import { createSimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { RecordLog } from "../../src/index.js";
import { concat, frames, raw, type SampleRecord } from "../kit/frames.js";
import { isIdempotent, isPrefixWithAcknowledged, isWithoutLeak } from "../kit/oracle.js";
import { readBack } from "../kit/read-back.js";
import { allOrSample, SeededRandom } from "../kit/seeded-random.js";
import { diskWith, filesOf, STORE } from "../kit/store-files.js";

// The reference's worst flaw: it appends behind a torn tail, and the next open loses what was acknowledged, or the
// whole store. Each test leaves a store with a tail of its kind, appends, fsyncs, and opens again.

const kept = [raw(1, "first"), raw(2, "the second one")];
const torn = raw(3, "the record that was being written when the power failed");
const wholeFrame = frames(torn);

/** Opens a log with this segment, appends and fsyncs one record, and opens it twice more. */
function appendBehind(segment: Uint8Array, survivors: readonly SampleRecord[]): Record<string, Uint8Array> {
  const disk = diskWith({ "00000001.dwal": segment });
  const log = RecordLog.openSync(STORE, { fileSystem: disk });
  const { txid } = log.append("acknowledged");
  log.fsyncSync();
  log.closeSync();
  const appended = [...survivors, raw(txid, "acknowledged")];
  const second = readBack(disk);
  isPrefixWithAcknowledged(second.records, appended, appended.length);
  isIdempotent(second, readBack(disk));
  expect(second.report.tailTruncated).toBe(0);
  return filesOf(disk);
}

/** Names of quarantine files. */
function quarantines(files: Record<string, Uint8Array>): string[] {
  return Object.keys(files).filter((name) => name.includes(".cut-"));
}

describe("what is appended behind a torn tail stays", () => {
  test("for every cut of the last frame, and the cut bytes are kept", () => {
    const prefix = frames(...kept);
    for (let cut = 1; cut < wholeFrame.length; cut++) {
      const rest = wholeFrame.subarray(0, wholeFrame.length - cut);
      const files = appendBehind(concat(prefix, rest), kept);
      expect(files[`00000001.cut-${prefix.length}`]).toEqual(new Uint8Array(rest));
    }
  });

  test("where the whole last frame is missing, which is clean and leaves no quarantine file", () => {
    expect(quarantines(appendBehind(frames(...kept), kept))).toEqual([]);
  });

  test("for zero tails of 1 to 4,200 bytes, which leave no quarantine file", () => {
    for (const length of allOrSample(1, 4200, 150)) {
      const files = appendBehind(concat(frames(...kept), new Uint8Array(length)), kept);
      expect(quarantines(files)).toEqual([]);
    }
  });

  test("for junk of 1 to 64 bytes, which is kept", () => {
    const random = new SeededRandom(7);
    const prefix = frames(...kept);
    for (let length = 1; length <= 64; length++) {
      const junk = Uint8Array.from({ length }, () => 1 + random.below(255));
      const files = appendBehind(concat(prefix, junk), kept);
      expect(files[`00000001.cut-${prefix.length}`]).toEqual(junk);
    }
  });

  test("where only the new segment behind a rotation is torn", () => {
    for (let cut = 1; cut < wholeFrame.length; cut++) {
      const disk = diskWith({
        "00000001.dwal": frames(...kept),
        "00000002.dwal": wholeFrame.subarray(0, cut),
      });
      const log = RecordLog.openSync(STORE, { fileSystem: disk });
      log.append("acknowledged");
      log.rotateSync();
      log.closeSync();
      const appended = [...kept, raw(3, "acknowledged")];
      isPrefixWithAcknowledged(readBack(disk).records, appended, appended.length);
    }
  });

  test("after a write that failed in the middle of a frame, at every byte of it", () => {
    for (let written = 0; written < wholeFrame.length; written++) {
      const disk = createSimulatedDisk();
      let shortWrites = 0;
      const failing = withFaults(disk, ({ operation }) => {
        if (operation !== "file.append" || shortWrites === 0) return undefined;
        return shortWrites++ === 1 ? { count: written } : { errno: "ENOSPC" };
      });
      const log = RecordLog.openSync(STORE, { fileSystem: failing });
      log.append("first");
      log.fsyncSync();
      shortWrites = 1;
      expect(() => log.append(torn.payload)).toThrow(
        expect.objectContaining({ code: "ERR_DATAWAL_APPEND_FAILED" }),
      );
      log.closeSync();
      isWithoutLeak(failing, filesOf(disk));
      const again = RecordLog.openSync(STORE, { fileSystem: disk });
      again.append("acknowledged");
      again.fsyncSync();
      again.closeSync();
      const appended = [raw(1, "first"), raw(2, "acknowledged")];
      const second = readBack(disk);
      isPrefixWithAcknowledged(second.records, appended, appended.length);
      isIdempotent(second, readBack(disk));
    }
  });

  test("a log that lost a record would be noticed", () => {
    expect(() => isPrefixWithAcknowledged([kept[0]!], kept, 2)).toThrow(/durable/);
  });
});
