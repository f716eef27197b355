import { createSimulatedDisk, type SimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import type { OpenOptions } from "../../src/index.js";
import { openLog, payloadsOf, payloadsOnDisk } from "../kit/open-log.js";
import { thrownBy } from "../kit/read-back.js";
import { allFilesOf, filesOf, readFile, STORE } from "../kit/store-files.js";

const FIRST = `${STORE}/00000001.dwal`;

/** A closed log of one record; what then is done to it. */
function closedLog(): SimulatedDisk {
  const disk = createSimulatedDisk();
  const log = openLog(disk);
  log.append("one");
  log.closeSync();
  disk.makeDirectory("/backup");
  return disk;
}

/** `cp -al`: a directory of its own, in which every name leads to the same file. */
function backUp(disk: SimulatedDisk, backup = "/backup"): void {
  if (!disk.stat(backup)) disk.makeDirectory(backup);
  for (const { name } of disk.list(STORE)) disk.link(`${STORE}/${name}`, `${backup}/${name}`);
}

function appendAndClose(disk: SimulatedDisk, payload: string, options: OpenOptions = {}) {
  const log = openLog(disk, options);
  const { warnings } = log.recoveryReport();
  log.append(payload);
  log.closeSync();
  return warnings;
}

describe("a backup by hard links", () => {
  test("is not changed by the writer, which goes on behind it, and says so", () => {
    const disk = closedLog();
    backUp(disk);
    const before = allFilesOf(disk, "/backup");
    expect(appendAndClose(disk, "two")).toEqual([
      { kind: "lock-linked", path: `${STORE}/.lock` },
      { kind: "segment-linked", segment: 1, links: 2 },
    ]);
    expect(allFilesOf(disk, "/backup")).toEqual(before);
    expect(payloadsOnDisk(disk)).toEqual(["one", "two"]);
  });

  test("every night never locks the writer out", () => {
    const disk = closedLog();
    for (let night = 1; night <= 5; night++) {
      backUp(disk, `/backup-${night}`);
      appendAndClose(disk, `day ${night}`, { recover: "strict" });
    }
    expect(payloadsOnDisk(disk)).toEqual(["one", "day 1", "day 2", "day 3", "day 4", "day 5"]);
    expect(Object.keys(filesOf(disk, "/backup-5"))).toHaveLength(5);
  });

  test("that was removed again leaves nothing to warn of", () => {
    const disk = closedLog();
    backUp(disk);
    for (const { name } of disk.list("/backup")) disk.removeFile(`/backup/${name}`);
    expect(appendAndClose(disk, "two")).toEqual([]);
    expect(Object.keys(filesOf(disk))).toEqual(["00000001.dwal"]);
  });

  test("that is made while the log is open is judged at the next open", () => {
    const disk = closedLog();
    const log = openLog(disk);
    backUp(disk);
    log.append("two");
    log.closeSync();
    expect(appendAndClose(disk, "three")).toContainEqual({ kind: "segment-linked", segment: 1, links: 2 });
  });
});

test("a `.lock` that is a link to somebody's file is locked, and not one byte of it written", () => {
  const disk = closedLog();
  disk.removeFile(`${STORE}/.lock`);
  const victim = disk.open("/victim", "create");
  victim.append(Buffer.from("not a lock file"), 0, 15);
  victim.close();
  disk.link("/victim", `${STORE}/.lock`);
  const log = openLog(disk);
  log.append("two");
  log.fsyncSync();
  log.rotateSync();
  expect(thrownBy(() => openLog(disk))).toMatchObject({ code: "ERR_DATAWAL_LOCKED" });
  log.closeSync();
  expect(new TextDecoder().decode(readFile(disk, "victim", "/"))).toBe("not a lock file");
  expect(payloadsOnDisk(disk)).toEqual(["one", "two"]);
});

/** Without a note the next open took what the kernel showed for durable, and a power cut took it away again. */
test("a sync that failed is not forgotten where no note could be written", () => {
  const disk = closedLog();
  backUp(disk);
  const log = openLog(disk);
  log.append("two");
  disk.failWriteBack(`${STORE}/00000002.dwal`);
  thrownBy(() => log.fsyncSync());
  disk.killProcess();
  expect(payloadsOf(openLog(disk).scan())).toEqual(["one", "two"]);
  disk.cutPower();
  expect(payloadsOnDisk(disk)).toEqual(["one", "two"]);
});

test("an empty segment with another name is left as it is, too", () => {
  const disk = createSimulatedDisk();
  openLog(disk).closeSync();
  disk.link(FIRST, "/elsewhere");
  appendAndClose(disk, "one");
  expect(disk.stat("/elsewhere")?.size).toBe(0);
  expect(payloadsOnDisk(disk)).toEqual(["one"]);
});

describe("a tail that must be cut", () => {
  function torn(): SimulatedDisk {
    const disk = closedLog();
    disk.link(FIRST, "/elsewhere");
    const file = disk.open(FIRST, "append");
    file.append(Buffer.from("torn"), 0, 4);
    file.close();
    return disk;
  }

  test("is refused where the segment has another name, and nothing is changed", () => {
    const disk = torn();
    const before = filesOf(disk);
    expect(thrownBy(() => openLog(disk))).toMatchObject({
      code: "ERR_DATAWAL_SEGMENT_LINKED",
      path: FIRST,
      links: 2,
    });
    expect(filesOf(disk)).toEqual(before);
    expect(payloadsOnDisk(disk)).toEqual(["one"]);
  });

  test("is cut when the segment has a file of its own, as the message advises", () => {
    const disk = torn();
    const bytes = readFile(disk, "00000001.dwal");
    const copy = disk.open(`${STORE}/copy`, "create");
    copy.append(bytes, 0, bytes.length);
    copy.close();
    disk.rename(`${STORE}/copy`, FIRST);
    appendAndClose(disk, "two");
    expect(payloadsOnDisk(disk)).toEqual(["one", "two"]);
    expect(readFile(disk, "elsewhere", "/")).toEqual(bytes);
  });

  test("is refused too where a repair was interrupted and the file linked since", () => {
    const disk = closedLog();
    const log = openLog(disk);
    log.append("two");
    disk.killProcess();
    disk.failWriteBack(FIRST);
    let isPublished = false;
    const dying = withFaults(disk, ({ operation, path }) => {
      if (isPublished && operation === "file.truncate") return "stop";
      isPublished ||= operation === "rename" && path.endsWith(".tail.new");
    });
    thrownBy(() => openLog(dying));
    disk.killProcess();
    expect(disk.stat(`${STORE}/00000001.tail`)).toBeDefined();
    disk.link(FIRST, "/elsewhere");
    expect(thrownBy(() => openLog(disk))).toMatchObject({ code: "ERR_DATAWAL_SEGMENT_LINKED" });
    disk.removeFile("/elsewhere");
    expect(payloadsOf(openLog(disk).scan())).toEqual(["one", "two"]);
  });
});

test("our own twin, left by a publication that was killed between its link and its removal, is no other name", () => {
  const disk = closedLog();
  disk.link(FIRST, `${FIRST}.new`);
  expect(appendAndClose(disk, "two")).toEqual([]);
  expect(Object.keys(filesOf(disk))).toEqual(["00000001.dwal"]);
});

test("a port that does not tell the number of names has one for each file", () => {
  const disk = closedLog();
  disk.link(FIRST, "/elsewhere");
  const { stat, open } = disk;
  const without = <T extends object>(found: T): T => ({ ...found, links: undefined });
  disk.stat = (path) => without(stat.call(disk, path) ?? {}) as ReturnType<typeof stat>;
  disk.open = (...args) => {
    const file = open.apply(disk, args);
    const fileStat = file.stat.bind(file);
    file.stat = () => without(fileStat());
    return file;
  };
  expect(appendAndClose(disk, "two")).toEqual([]);
});
