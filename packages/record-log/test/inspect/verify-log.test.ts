import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { verifyLog, verifyLogSync } from "../../src/index.js";
import { concat, flipped, frames, put, raw } from "../kit/frames.js";
import { openLog } from "../kit/open-log.js";
import { thrownBy } from "../kit/read-back.js";
import { allFilesOf, diskWith, type Files, STORE } from "../kit/store-files.js";

const FIRST = "00000001.dwal";
const SECOND = "00000002.dwal";
const THIRD = "00000003.dwal";
const first = frames(raw(1, "a"), put(2, "k", "v"));
const second = frames(raw(3, "c"), raw(4, "d"));

function verify(files: Files) {
  return verifyLogSync(STORE, { fileSystem: diskWith(files) });
}

describe("verifyLog finds", () => {
  test("an intact log, and says what is in it", () => {
    expect(verify({ [FIRST]: first, [SECOND]: second })).toEqual({
      verdict: "intact",
      segments: [
        { segment: 1, path: `${STORE}/${FIRST}`, size: 59, validBytes: 59, records: 2 },
        { segment: 2, path: `${STORE}/${SECOND}`, size: 58, validBytes: 58, records: 2 },
      ],
      damages: [],
      lastRecord: { segment: 2, offset: 29 },
      report: expect.objectContaining({
        filesScanned: 2,
        recordsReplayed: 4,
        lastTxidSeen: 4n,
        warnings: [],
      }),
    });
  });

  test("the last record before empty segments, and none in an empty log", () => {
    expect(verify({ [FIRST]: first, [SECOND]: new Uint8Array(0) }).lastRecord).toEqual({
      segment: 1,
      offset: 29,
    });
    expect(verify({})).toMatchObject({ verdict: "intact", lastRecord: undefined, segments: [] });
  });

  test("a torn tail, as a crash leaves it", () => {
    const found = verify({ [FIRST]: first, [SECOND]: second.slice(0, -5) });
    expect(found).toMatchObject({
      verdict: "torn",
      damages: [
        { segment: 2, offset: 29, bytes: 24, reason: "cut-body", isSealed: false, validFramesBeyond: 0 },
      ],
      report: {
        tailTruncated: 1,
        tailBytesDiscarded: 24,
        midStreamErrors: 0,
        damageSegment: 2,
        damageOffset: 29,
      },
    });
  });

  test("damage that no crash explains: in a sealed segment, before valid frames, of another kind", () => {
    const sealed = verify({ [FIRST]: flipped(first, 8 * 30), [SECOND]: second });
    expect(sealed).toMatchObject({
      verdict: "damaged",
      damages: [{ segment: 1, offset: 29, isSealed: true }],
      report: { midStreamErrors: 1, tailTruncated: 0, recordsReplayed: 3 },
    });
    const rotten = verify({ [FIRST]: flipped(first, 8 * 24) });
    expect(rotten).toMatchObject({
      verdict: "damaged",
      damages: [{ offset: 0, reason: "crc-mismatch", isSealed: false, validFramesBeyond: 1 }],
      report: { tailTruncated: 1, validFramesBeyond: 1 },
    });
    const foreign = verify({ [FIRST]: new TextEncoder().encode("this was never a segment") });
    expect(foreign).toMatchObject({ verdict: "damaged", damages: [{ verdict: "not-a-segment" }] });
    const newer = verify({ [FIRST]: concat(first, frames(raw(3, "c")).fill(2, 4, 5)) });
    expect(newer).toMatchObject({
      verdict: "damaged",
      damages: [{ verdict: "unsupported", reason: "unknown-version" }],
      report: { unsupportedVersions: 1, midStreamErrors: 1 },
    });
  });

  test("every damaged segment, and what is valid in each", () => {
    const found = verify({
      [FIRST]: flipped(first, 8 * 30),
      [SECOND]: flipped(second, 8 * 24),
      [THIRD]: frames(raw(5, "e")).slice(0, -1),
    });
    expect(found.damages.map(({ segment, offset }) => [segment, offset])).toEqual([
      [1, 29],
      [2, 0],
      [3, 0],
    ]);
    expect(found.segments.map(({ validBytes }) => validBytes)).toEqual([29, 0, 0]);
    expect(found.report).toMatchObject({ midStreamErrors: 2, tailTruncated: 1, recordsReplayed: 1 });
  });

  test("gaps", () => {
    const { report } = verify({ [FIRST]: first, [THIRD]: frames(raw(7, "g")) });
    expect(report.warnings.map(({ kind }) => kind)).toEqual(["missing-segment", "txid-gap"]);
  });
});

describe("verifyLog", () => {
  test("replays what is valid, behind damage too", async () => {
    const seen: bigint[] = [];
    const disk = diskWith({ [FIRST]: flipped(first, 8 * 30), [SECOND]: second });
    await verifyLog(STORE, { fileSystem: disk, replay: ({ txid }) => void seen.push(txid) });
    expect(seen).toEqual([1n, 3n, 4n]);
  });

  test("changes nothing and takes no lock, beside a live writer", async () => {
    const disk = createSimulatedDisk();
    const log = openLog(disk);
    log.append("a");
    const before = allFilesOf(disk);
    expect(await verifyLog(STORE, { fileSystem: disk })).toMatchObject({ verdict: "intact" });
    expect(allFilesOf(disk)).toEqual(before);
    expect(disk.lockState(`${STORE}/.lock`).state).toBe("held");
    log.append("b");
    expect(verifyLogSync(STORE, { fileSystem: disk })).toMatchObject({ report: { recordsReplayed: 2 } });
  });

  test("finds the same on this thread and off it", async () => {
    const files = { [FIRST]: first, [SECOND]: second.slice(0, -5) };
    expect(await verifyLog(STORE, { fileSystem: diskWith(files) })).toEqual(verify(files));
  });

  test("of nothing is an error, and by an aborted signal does not begin", async () => {
    const fileSystem = createSimulatedDisk();
    expect(thrownBy(() => verifyLogSync(STORE, { fileSystem }))).toMatchObject({
      code: "ERR_DATAWAL_STORE_NOT_FOUND",
    });
    const signal = AbortSignal.abort("never");
    await expect(verifyLog(STORE, { fileSystem, signal })).rejects.toBe("never");
  });
});
