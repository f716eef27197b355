import { verifyLogSync } from "@datawal/record-log";
import type { DirectoryEntry, FileSystem } from "@datawal/safeatomic";
import { describe, expect, test } from "vitest";
import { treeOf } from "../../src/layers/failing-calls/disk-tree.js";
import { CHANGES, STORE } from "../../src/layers/readers/changes.js";
import { LogOrder } from "../../src/layers/readers/following.js";
import { historyOf } from "../../src/layers/readers/history.js";
import { createReadersLayer, readersLayer } from "../../src/layers/readers/index.js";
import { MovingDisk } from "../../src/layers/readers/moving-disk.js";
import { parseSchedule, scheduleName } from "../../src/layers/readers/schedule.js";
import { only, overriding, wrongFiles } from "../kit/planted.js";

const changeNamed = (name: string) => CHANGES.find((change) => change.name === name)!;

test.each(CHANGES.filter(({ listedBy }) => !listedBy).map((change) => [change.name, change] as const))(
  "the steps of %s leave what the change itself leaves",
  (_, change) => {
    const disk = change.prepare();
    change.make(
      Object.assign(disk, { outside: (_: string, make: (disk: FileSystem) => void) => make(disk) }),
    );
    const history = historyOf(change);
    const moving = new MovingDisk(history, { start: history.steps.length, moves: [] });
    expect(treeOf(moving.disk)).toEqual(treeOf(disk));
  },
);

// Half of two records was one of them, whole: nothing was torn, and nothing was repaired.
test("what is repaired beside readers is torn", () => {
  const repairs = CHANGES.filter(({ effect }) => effect === "repairs");
  for (const change of repairs.filter(({ name }) => name !== "repair of what was not synced"))
    expect(verifyLogSync(STORE, { fileSystem: change.prepare() })).toMatchObject({ verdict: "torn" });
  expect(repairs).not.toEqual([]);
});

test.each(["0", "2,17>5,23>9", "0,list1@3mixed>5"])("the moments %s are read as they are written", (name) => {
  expect(scheduleName(parseSchedule(name))).toBe(name);
});

test("a listing of two moments shows some names as they were before, the others as they are by now", () => {
  const history = historyOf(changeNamed("rotate"));
  const { length } = history.steps;
  const moving = new MovingDisk(history, parseSchedule(`0,list0@2down>${length}`));
  moving.begin();
  const names = moving.port.list("/store").map(({ name }) => name);
  expect(names.filter((name) => name.endsWith(".dwal"))).not.toContain("00000005.dwal");
  expect(moving.made).toBe(length);
});

test.each(["open", "refresh", "get", "exportJsonl", "snapshotTo", "verifyLog", "follow"])(
  "%s beside an append has no violation",
  async (reading) => {
    const { cases, violations } = await readersLayer.run(only(`${reading} beside append: 0,3>5`));
    expect(violations).toEqual([]);
    expect(cases).toBe(1);
  },
);

test("an unknown case is refused", async () => {
  await expect(readersLayer.run(only("open beside nothing: 0"))).rejects.toThrow("open beside swap: 0,17>5");
});

describe("what is wrong is found", () => {
  const withList = (list: (entries: DirectoryEntry[]) => DirectoryEntry[]) =>
    createReadersLayer((disk) => overriding(disk, { list: (path) => list(disk.list(path)) }));

  const oneState = "what a reader shows was the store's state at some instant";

  test.each([
    ["open", oneState],
    ["open of pairs", oneState],
    ["snapshotTo", "9 compaction"],
    ["verifyLog", oneState],
  ])("%s that does not see a segment", async (reading, sentence) => {
    const blind = withList((entries) => entries.filter(({ name }) => name !== "00000003.dwal"));
    const { violations } = await blind.run(only(`${reading} beside append: 0`));
    expect(violations.map((violation) => violation.sentence)).toEqual([sentence]);
  });

  test("a reader that forgets to close a file", async () => {
    const leaking = createReadersLayer((disk) => wrongFiles(disk, () => ({ close: () => undefined })));
    const { violations } = await leaking.run(only("open beside append: 0"));
    expect(violations.map(({ sentence }) => sentence)).toEqual(["8 no leak"]);
  });

  const order = new LogOrder(historyOf(changeNamed("append")));
  const records = order.recordsAt(0);

  test.each([
    ["a record that is left out", records.filter((_, index) => index !== 3), "does not come behind"],
    ["a record that is given twice", [...records, records.at(-1)], "does not come behind"],
    ["a log that begins anew without a word", [...records, ...records], "does not come behind"],
    ["a last record that is never given", records.slice(0, -1), "the last record is never given"],
  ])("a follower with %s", (_, given, facts) => {
    expect(() => order.judge(given, 0, 0, true)).toThrow(facts);
  });

  test("a follower that is told to begin anew may do so", () => {
    expect(() => order.judge([...records, undefined, ...records], 0, 0, true)).not.toThrow();
  });
});
