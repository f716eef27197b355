import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodeFileSystem } from "@datawal/safeatomic";
import { describe, expect, test } from "vitest";
import { salvageToSync, verifyLogSync } from "../../src/index.js";
import { concat, frames, raw } from "../kit/frames.js";
import { readBack, readOnly, thrownBy } from "../kit/read-back.js";
import { quarantineOf } from "../kit/repair-cases.js";
import { diskWith, filesOf, STORE } from "../kit/store-files.js";
import { inTemporaryDirectory } from "../kit/temporary-directory.js";

const records = [raw(1, "one"), raw(2, "two")];
const log = frames(...records);
const torn = log.subarray(0, 11);

describe("something else under a segment's or a journal's name", () => {
  const intruders: [string, (path: string, elsewhere: string) => void, string][] = [
    ["a symbolic link", (path, elsewhere) => symlinkSync(elsewhere, path), "link"],
    ["a link that leads nowhere", (path) => symlinkSync("/nowhere/at/all", path), "link"],
    ["a directory", (path) => mkdirSync(path), "directory"],
    ["a pipe", (path) => void execFileSync("mkfifo", [path]), "other"],
  ];

  // The reference does not see a link, takes the store for empty, and empties the file it leads to.
  test.each(intruders)(
    "%s is an error for all who open, and nothing is touched",
    (_name, intrude, actual) => {
      for (const name of ["00000001.dwal", "00000002.dwal", "00000001.tail"]) {
        inTemporaryDirectory((directory) => {
          const elsewhere = join(directory, "elsewhere");
          const store = join(directory, "store");
          mkdirSync(store);
          writeFileSync(elsewhere, log);
          if (name !== "00000001.dwal") writeFileSync(join(store, "00000001.dwal"), log);
          intrude(join(store, name), elsewhere);
          const kind = (path: string) => lstatSync(path).mode;
          const before = kind(join(store, name));
          for (const open of [
            () => readBack(nodeFileSystem, {}, store),
            () => readOnly(nodeFileSystem, store),
            () => verifyLogSync(store),
            () => salvageToSync(store, join(directory, "salvaged")),
          ]) {
            expect(thrownBy(open)).toMatchObject({
              code: "ERR_DATAWAL_SEGMENT_NOT_A_FILE",
              path: join(store, name),
              actual,
            });
          }
          expect(kind(join(store, name))).toBe(before);
          expect(readFileSync(elsewhere)).toEqual(Buffer.from(log));
          expect(readdirSync(directory)).toEqual(["elsewhere", "store"]);
        });
      }
    },
  );

  test.each(intruders)("%s under the lock's name is an error", (_name, intrude) => {
    inTemporaryDirectory((directory) => {
      const elsewhere = join(directory, "elsewhere");
      const store = join(directory, "store");
      mkdirSync(store);
      writeFileSync(elsewhere, "4711\n");
      intrude(join(store, ".lock"), elsewhere);
      expect(thrownBy(() => readBack(nodeFileSystem, {}, store))).toMatchObject({
        code: expect.stringMatching(/^ERR_DATAWAL_/),
      });
      expect(readFileSync(elsewhere, "utf8")).toBe("4711\n");
    });
  });
});

describe("on a real directory", () => {
  test("a torn tail is cut and kept aside, foreign files and directories stay", () => {
    inTemporaryDirectory((store) => {
      writeFileSync(join(store, "00000001.dwal"), concat(log, torn));
      writeFileSync(join(store, "00000001.dwal.new"), "left behind");
      writeFileSync(join(store, "notes.txt"), "mine");
      mkdirSync(join(store, "00000001.cut-5"));
      mkdirSync(join(store, "backup"));
      expect(readBack(nodeFileSystem, {}, store)).toMatchObject({
        records: [{ txid: 1n }, { txid: 2n }],
        report: { quarantinePath: join(store, `00000001.cut-${log.length}`), warnings: [] },
      });
      expect(readdirSync(store).sort()).toEqual([
        ".lock",
        "00000001.cut-5",
        `00000001.cut-${log.length}`,
        "00000001.dwal",
        "backup",
        "notes.txt",
      ]);
      expect(readFileSync(join(store, "00000001.dwal"))).toEqual(Buffer.from(log));
      const kept = readFileSync(join(store, `00000001.cut-${log.length}`));
      expect(kept).toEqual(Buffer.from(quarantineOf(1, records, torn)));
    });
  });
});

describe("the names of a store", () => {
  const foreign = {
    "garbage.txt": log,
    "1.dwal": log,
    "000000001.dwal.old": log,
    "0000000a.dwal": log,
    "00000001.DWAL": log,
    "00000001.dwal ": log,
    "00000002.dwal~": log,
    "00000001.cut-": torn,
    "00000001.cut-5-": torn,
    "notes.new": torn,
    ".new": torn,
  };

  test("foreign files are left alone and not read", () => {
    const disk = diskWith({ "00000001.dwal": log, ...foreign });
    const { records: found, report } = readBack(disk);
    expect(found).toHaveLength(2);
    expect(report).toMatchObject({ filesScanned: 1, warnings: [] });
    expect(filesOf(disk)).toEqual({ "00000001.dwal": log, ...foreign });
  });

  test("temporaries that a writer left are removed by the next, and by nobody else", () => {
    const temporaries = {
      "00000001.dwal.new": torn,
      "00000002.tail.new": torn,
      "00000001.cut-40.new": torn,
      "00000001.cut-40-3.new": torn,
    };
    const disk = diskWith({ "00000001.dwal": log, ...temporaries });
    readOnly(disk);
    verifyLogSync(STORE, { fileSystem: disk });
    expect(Object.keys(filesOf(disk))).toHaveLength(5);
    readBack(disk);
    expect(filesOf(disk)).toEqual({ "00000001.dwal": log });
  });

  test("a name with nine digits is a warning, and not read", () => {
    const disk = diskWith({ "00000001.dwal": log, "100000000.dwal": frames(raw(3, "three")) });
    const { records: found, report } = readBack(disk);
    expect(found).toHaveLength(2);
    expect(report.warnings).toEqual([{ kind: "overlong-segment-name", path: `${STORE}/100000000.dwal` }]);
  });

  test("quarantine files are named by every report until somebody removes them", () => {
    const disk = diskWith({ "00000001.dwal": concat(log, torn) });
    const path = `${STORE}/00000001.cut-${log.length}`;
    expect(readBack(disk).report).toMatchObject({ quarantinePath: path, warnings: [] });
    for (const { report } of [readBack(disk), readOnly(disk), verifyLogSync(STORE, { fileSystem: disk })])
      expect(report).toMatchObject({
        quarantinePath: undefined,
        warnings: [{ kind: "quarantine-present", path }],
      });
    disk.removeFile(path);
    expect(readBack(disk).report.warnings).toEqual([]);
  });

  test("a second tail cut at the same place gets a name of its own, the same tail does not", () => {
    const disk = diskWith({ "00000001.dwal": log });
    const tails = [torn, torn.subarray(0, 5), torn, Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(1)];
    for (const tail of tails) {
      const file = disk.open(`${STORE}/00000001.dwal`, "append");
      file.append(tail, 0, tail.length);
      file.close();
      expect(readBack(disk).records).toHaveLength(2);
    }
    const cut = `00000001.cut-${log.length}`;
    expect(filesOf(disk)).toEqual({
      "00000001.dwal": log,
      [cut]: quarantineOf(1, records, torn),
      [`${cut}-1`]: quarantineOf(1, records, torn.subarray(0, 5)),
      [`${cut}-2`]: quarantineOf(1, records, Uint8Array.of(1)),
      [`${cut}-3`]: quarantineOf(1, records, Uint8Array.of(2)),
    });
  });
});
