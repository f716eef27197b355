import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FileSystem, nodeFileSystem } from "@datawal/safeatomic";
import {
  crashEverywhere,
  createSimulatedDisk,
  type Fault,
  type PortCall,
  type SimulatedDisk,
  type SimulatedDiskOptions,
  StoppedError,
  withFaults,
} from "@datawal/safeatomic/testing";
import { DataWal, RecordLog, replaceStore, replaceStoreSync } from "datawal";
import { describe, expect, test } from "vitest";
import { allOrSample, IS_FULL_RUN } from "../../../record-log/test/kit/seeded-random.js";
import { appendTo, bytesOf, overwrite, treeOf, withoutLocks } from "../kit/disk-tree.js";
import { callsToTry, failingDisk } from "../kit/port-failures.js";
import { pairsOf, SAMPLE_PAIRS, writeSample } from "../kit/sample-store.js";

const withCode = (code: string) => expect.objectContaining({ code });

/** A store, without the Raw records that no copy of pairs has, and its compacted copy, both closed and durable. */
function prepare(disk: SimulatedDisk, replacement = "/compact") {
  if (!disk.stat("/store")) writeSample(disk, "/store", { hasRaw: false });
  using store = DataWal.openSync("/store", { fileSystem: disk });
  store.compactToSync(replacement);
}

/** As {@link prepare}, and something in quarantine: what a repair cut off, and what an earlier swap brought. */
function prepareQuarantined(disk: SimulatedDisk) {
  prepare(disk);
  for (const name of ["00000001.cut-74", "00000001.cut-74-1"]) appendTo(disk, `/store/${name}`, name);
  for (const [directory, text] of [
    ["quarantine-2", "earlier"],
    ["quarantine-10", "later"],
  ]) {
    disk.makeDirectory(`/store/${directory}`);
    disk.fsyncDirectorySync("/store");
    appendTo(disk, `/store/${directory}/00000001.cut-74`, text!);
  }
}

/** The contents of all quarantine files, wherever they are. */
function quarantined(disk: SimulatedDisk): string[] {
  const files = Object.entries(treeOf(disk)).filter(([path]) => path.includes(".cut-"));
  return files.map(([, hex]) => Buffer.from(hex, "hex").toString()).sort();
}

const QUARANTINED = ["00000001.cut-74", "00000001.cut-74-1", "earlier", "later"];

function prepared() {
  const disk = createSimulatedDisk();
  prepare(disk);
  return { disk, compacted: bytesOf(disk, "/compact/00000001.dwal") };
}

/** What a finished swap leaves: the replacement's segment, and nothing beside. */
function expectSwapped(disk: SimulatedDisk, compacted: Uint8Array, where = "") {
  expect(
    disk.list("/").map(({ name }) => name),
    where,
  ).toEqual(["store"]);
  const names = disk.list("/store").map(({ name }) => name);
  expect(
    names.filter((name) => !name.startsWith("quarantine-")),
    where,
  ).toEqual([".lock", "00000001.dwal"]);
  expect(bytesOf(disk, "/store/00000001.dwal"), where).toEqual(compacted);
  expect(pairsOf(disk, "/store"), where).toEqual(SAMPLE_PAIRS);
}

describe("replaceStore", () => {
  test("puts the replacement in the store's place and removes the old one", async () => {
    const { disk, compacted } = prepared();
    await replaceStore("/store", "/compact", { fileSystem: disk });
    expectSwapped(disk, compacted);
  });

  test("on this thread is the same", () => {
    const { disk, compacted } = prepared();
    replaceStoreSync("/store", "/compact", { fileSystem: disk });
    expectSwapped(disk, compacted);
  });

  test("is durable when it resolves, from another directory too", async () => {
    const { disk, compacted } = prepared();
    disk.makeDirectory("/elsewhere");
    disk.rename("/compact", "/elsewhere/compact");
    disk.fsyncDirectorySync("/");
    await replaceStore("/store", "/elsewhere/compact", { fileSystem: disk });
    disk.cutPower();
    expect(disk.list("/elsewhere")).toEqual([]);
    disk.removeDirectory("/elsewhere");
    expectSwapped(disk, compacted);
  });

  test("syncs a replacement that somebody copied without syncing", async () => {
    const { disk, compacted } = prepared();
    disk.makeDirectory("/copy");
    const file = disk.open("/copy/00000001.dwal", "create");
    file.append(compacted, 0, compacted.length);
    file.close();
    await replaceStore("/store", "/copy", { fileSystem: disk });
    disk.cutPower();
    expect(bytesOf(disk, "/store/00000001.dwal")).toEqual(compacted);
  });

  test("leaves no lock and no descriptor", async () => {
    const { port } = failingDisk(prepare);
    await replaceStore("/store", "/compact", { fileSystem: port });
    expect([port.openFileCount, port.heldLockCount]).toEqual([0, 0]);
  });

  test("follows links to the directories, on a real disk", async () => {
    const directory = mkdtempSync(join(tmpdir(), "datawal-"));
    try {
      const [store, link] = [join(directory, "data", "store"), join(directory, "link")];
      mkdirSync(join(directory, "data"));
      symlinkSync(join("data", "store"), link);
      mkdirSync(store);
      using opened = DataWal.openSync(link);
      opened.put("a", "1");
      opened.compactToSync(join(directory, "compact"));
      opened.closeSync();
      await replaceStore(link, join(directory, "compact"));
      expect(readdirSync(directory).sort()).toEqual(["data", "link"]);
      expect(readdirSync(join(directory, "data"))).toEqual(["store"]);
      using again = DataWal.openSync(link);
      expect(Buffer.from(again.get("a")!).toString()).toBe("1");
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

// Windows renames no directory with an open file below it, and the locks of both stores are such files: they are let go
// for the two renames, and taken again between them.
describe("where a held lock pins its directory, a swap", () => {
  const prepareOnWindows = () => failingDisk(prepare, { platform: "windows" });

  test("lets the locks go for the renames", () => {
    const { disk, port } = prepareOnWindows();
    const compacted = bytesOf(disk, "/compact/00000001.dwal");
    replaceStoreSync("/store", "/compact", { fileSystem: port });
    expectSwapped(disk, compacted);
    expect([port.openFileCount, port.heldLockCount]).toEqual([0, 0]);
  });

  test.each(["/store", "/compact"])("sees what somebody put into %s meanwhile, and is undone", (written) => {
    const { disk, port, arm } = prepareOnWindows();
    let hasWritten = false;
    arm(({ operation }) => {
      if (operation !== "rename" || hasWritten) return;
      hasWritten = true;
      using other = DataWal.openSync(written, { fileSystem: disk });
      other.put("late", "acknowledged");
    });
    const differs = withCode("ERR_DATAWAL_REPLACEMENT_DIFFERS");
    expect(() => replaceStoreSync("/store", "/compact", { fileSystem: port })).toThrow(differs);
    expect(disk.list("/").map(({ name }) => name)).toEqual(["compact", "store"]);
    using store = DataWal.openSync(written, { fileSystem: disk });
    expect(Buffer.from(store.get("late")!).toString()).toBe("acknowledged");
  });

  test.each(["/store", "/compact"])("is undone where somebody opens %s meanwhile", (opened) => {
    const { disk, port, arm } = prepareOnWindows();
    const others: DataWal[] = [];
    arm(({ operation }) => {
      if (operation === "rename" && others.length === 0)
        others.push(DataWal.openSync(opened, { fileSystem: disk }));
    });
    expect(() => replaceStoreSync("/store", "/compact", { fileSystem: port })).toThrow();
    others[0]!.put("late", "acknowledged");
    others[0]!.closeSync();
    expect(disk.list("/").map(({ name }) => name)).toEqual(["compact", "store"]);
    expect(pairsOf(disk, "/store").length).toBe(SAMPLE_PAIRS.length + (opened === "/store" ? 1 : 0));
  });

  test("is refused where somebody reads the store, which changes nothing", () => {
    const { disk, port } = prepareOnWindows();
    const reader = disk.open("/store/00000001.dwal", "read");
    const before = withoutLocks(treeOf(disk));
    expect(() => replaceStoreSync("/store", "/compact", { fileSystem: port })).toThrow("EPERM");
    reader.close();
    expect(withoutLocks(treeOf(disk))).toEqual(before);
  });
});

// Killed between its renames, such a swap could not be finished: the link led to nothing, and that was told as ENOENT.
test.each(["store", "replacement"])(
  "a swap whose %s is named by a link is finished by the same call",
  (which) => {
    const directory = mkdtempSync(join(tmpdir(), "datawal-"));
    try {
      const [store, replacement] = [join(directory, "data", "store"), join(directory, "data", "compact")];
      using made = DataWal.openSync(store);
      made.put("a", "1");
      made.compactToSync(replacement);
      made.closeSync();
      const link = join(directory, "link");
      symlinkSync(join("data", which === "store" ? "store" : "compact"), link);
      const names = which === "store" ? ([link, replacement] as const) : ([store, link] as const);
      let renames = 0;
      const rename = (from: string, to: string) => {
        if (++renames > 1) throw Object.assign(new Error("EIO"), { code: "EIO", syscall: "rename" });
        nodeFileSystem.rename(from, to);
      };
      const unfinished = withCode("ERR_DATAWAL_SWAP_UNFINISHED");
      expect(() => replaceStoreSync(...names, { fileSystem: { ...nodeFileSystem, rename } })).toThrow(
        unfinished,
      );
      expect(() => DataWal.openSync(names[0])).toThrow(unfinished);
      replaceStoreSync(...names);
      expect(readdirSync(join(directory, "data"))).toEqual(["store"]);
      using again = DataWal.openSync(names[0]);
      expect(again.size).toBe(1);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
);

describe("a swap refuses, and changes nothing,", () => {
  /** Expects the code, and the disk as it was, lock files apart. */
  async function expectRefusal(disk: SimulatedDisk, code: string, facts = {}, replacement = "/compact") {
    const before = withoutLocks(treeOf(disk));
    await expect(replaceStore("/store", replacement, { fileSystem: disk })).rejects.toMatchObject({
      code,
      ...facts,
    });
    expect(withoutLocks(treeOf(disk))).toEqual(before);
  }

  test.each(["/store", "/compact"])("while %s is open", async (dir) => {
    const { disk } = prepared();
    using _open = DataWal.openSync(dir, { fileSystem: disk });
    await expectRefusal(disk, "ERR_DATAWAL_LOCKED", { heldByThisProcess: true });
  });

  test("where there is no store", async () => {
    const { disk } = prepared();
    disk.rename("/store", "/moved");
    await expectRefusal(disk, "ERR_DATAWAL_STORE_NOT_FOUND", { path: "/store" });
  });

  test("where there is no replacement", async () => {
    const { disk } = prepared();
    await expectRefusal(disk, "ERR_DATAWAL_STORE_NOT_FOUND", { path: "/missing" }, "/missing");
  });

  test("where the replacement is a file", async () => {
    const { disk } = prepared();
    appendTo(disk, "/file", "");
    await expectRefusal(disk, "ERR_DATAWAL_STORE_NOT_A_DIRECTORY", { path: "/file" }, "/file");
  });

  test("where the replacement is torn", async () => {
    const { disk, compacted } = prepared();
    overwrite(disk, "/compact/00000001.dwal", compacted.subarray(0, -1));
    await expectRefusal(disk, "ERR_DATAWAL_REPLACEMENT_DAMAGED", { path: "/compact", found: "torn" });
  });

  test("where the replacement is damaged", async () => {
    const { disk, compacted } = prepared();
    compacted[30]! ^= 1;
    overwrite(disk, "/compact/00000001.dwal", compacted);
    await expectRefusal(disk, "ERR_DATAWAL_REPLACEMENT_DAMAGED", { found: "damaged" });
  });

  test("where the replacement is an empty directory", async () => {
    const { disk } = prepared();
    disk.makeDirectory("/empty");
    await expectRefusal(disk, "ERR_DATAWAL_REPLACEMENT_DAMAGED", { found: "no segment" }, "/empty");
  });

  test.each(["quarantine-1", "notes.txt", "100000000.dwal"])(
    "where the store holds what is not ours to remove: %s",
    async (name) => {
      const { disk } = prepared();
      appendTo(disk, `/store/${name}`, "somebody's");
      await expectRefusal(disk, "ERR_DATAWAL_SWAP_REFUSED", { path: "/store", found: [name] });
    },
  );

  test("where somebody keeps a backup at STORE.old, with and without a replacement", async () => {
    const { disk } = prepared();
    writeSample(disk, "/store.old");
    await expectRefusal(disk, "ERR_DATAWAL_OLD_STORE_PRESENT", { oldPath: "/store.old" });
    await expectRefusal(disk, "ERR_DATAWAL_OLD_STORE_PRESENT", { oldPath: "/store.old" }, "/missing");
  });

  test("where STORE.old is a file", async () => {
    const { disk } = prepared();
    appendTo(disk, "/store.old", "somebody's");
    await expectRefusal(disk, "ERR_DATAWAL_OLD_STORE_PRESENT");
  });

  test("where only STORE.old is there, and a store that was not to replace it", async () => {
    const { disk } = prepared();
    disk.rename("/store", "/store.old");
    await expectRefusal(disk, "ERR_DATAWAL_OLD_STORE_PRESENT");
  });

  test("where only STORE.old is there", async () => {
    const { disk } = prepared();
    disk.rename("/store", "/store.old");
    await expectRefusal(disk, "ERR_DATAWAL_SWAP_UNFINISHED", { oldPath: "/store.old" }, "/missing");
  });

  test("where the store is torn: nobody can tell what its copy must hold", async () => {
    const { disk } = prepared();
    appendTo(disk, "/store/00000003.dwal", "DWAL");
    await expectRefusal(disk, "ERR_DATAWAL_SOURCE_DAMAGED", { path: "/store", found: "torn" });
  });

  test("where a sealed segment of the store is damaged", async () => {
    const { disk } = prepared();
    overwrite(disk, "/store/00000001.dwal", bytesOf(disk, "/store/00000001.dwal").subarray(0, -1));
    await expectRefusal(disk, "ERR_DATAWAL_SEGMENT_DAMAGED", { segment: 1 });
  });

  test.each(["/store", "/compact"])(
    "where a repair of %s was interrupted, which may hold more",
    async (dir) => {
      const { disk } = prepared();
      appendTo(disk, `${dir}/00000001.tail`, "a journal");
      const found = expect.stringContaining("repair that was interrupted");
      const code = dir === "/store" ? "ERR_DATAWAL_SOURCE_DAMAGED" : "ERR_DATAWAL_REPLACEMENT_DAMAGED";
      await expectRefusal(disk, code, { path: dir, found });
    },
  );

  test.each(["/store", "/store/inside", "/store.old", "/"])(
    "where the replacement is not apart: %s",
    async (path) => {
      const { disk } = prepared();
      if (path === "/store/inside") disk.makeDirectory(path);
      await expectRefusal(disk, "ERR_DATAWAL_BAD_REPLACEMENT", { name: "RangeError" }, path);
    },
  );

  test.each([null, "", 7])("where it is not given a path: %s", async (path) => {
    const { disk } = prepared();
    await expectRefusal(disk, "ERR_DATAWAL_NOT_A_PATH", { name: "TypeError" }, path as string);
    await expect(replaceStore(path as string, "/compact", { fileSystem: disk })).rejects.toMatchObject({
      code: "ERR_DATAWAL_NOT_A_PATH",
    });
  });

  test("where somebody replaced a lock file meanwhile", async () => {
    const { disk, port, arm } = failingDisk(prepare);
    arm(({ operation, path }) => {
      if (operation !== "file.fsync" || !path.startsWith("/compact/")) return;
      disk.removeFile("/store/.lock");
      appendTo(disk, "/store/.lock", "");
    });
    const before = withoutLocks(treeOf(disk));
    await expect(replaceStore("/store", "/compact", { fileSystem: port })).rejects.toMatchObject({
      code: "ERR_DATAWAL_REPLACED",
      path: "/store/.lock",
    });
    expect(withoutLocks(treeOf(disk))).toEqual(before);
  });

  test("where it is given up while the replacement is being synced", async () => {
    const { disk, port, arm } = failingDisk(prepare);
    const controller = new AbortController();
    arm(({ operation, path }) => {
      if (operation === "fsyncDirectory" && path === "/compact") controller.abort("given up");
    });
    const before = withoutLocks(treeOf(disk));
    const swap = replaceStore("/store", "/compact", { fileSystem: port, signal: controller.signal });
    await expect(swap).rejects.toBe("given up");
    expect(withoutLocks(treeOf(disk))).toEqual(before);
  });
});

// compactTo, then puts, then close and replaceStore, as the README said: what was put in between was gone, without an
// error, a warning or a trace in the report.
describe("what only the store holds is not lost with it:", () => {
  /** Changes a store behind the back of its copy, and swaps. */
  function swapAfter(change: (store: DataWal) => void, options = {}, dir = "/store") {
    const { disk } = prepared();
    using store = DataWal.openSync(dir, { fileSystem: disk });
    change(store);
    store.closeSync();
    const before = withoutLocks(treeOf(disk));
    const swap = () => replaceStoreSync("/store", "/compact", { fileSystem: disk, ...options });
    return { disk, before, swap };
  }

  const NONE = { missing: 0, extra: 0, different: 0, rawRecords: 0, firstKey: undefined };
  const key = (text: string) => new Uint8Array(Buffer.from(text));

  test.each<[string, (store: DataWal) => void, object]>([
    ["a key that was put", (store) => store.put("new", "1"), { missing: 1, firstKey: key("new") }],
    ["a value that was put", (store) => store.put("b", "3"), { different: 1, firstKey: key("b") }],
    ["the beginning of a value", (store) => store.put("b", "22"), { different: 1, firstKey: key("b") }],
    ["the absence of a key that was deleted", (store) => store.delete("é"), { extra: 1, firstKey: key("é") }],
    [
      "all of it, told by the first key",
      (store) => {
        store.delete("ab");
        store.putMany([
          ["\u0000", "other"],
          ["", "than empty"],
          ["zz", ""],
        ]);
      },
      { missing: 1, extra: 1, different: 2, firstKey: key("") },
    ],
  ])("%s since the copy was made", (_, change, facts) => {
    const { disk, before, swap } = swapAfter(change);
    expect(swap).toThrow(
      expect.objectContaining({
        code: "ERR_DATAWAL_REPLACEMENT_DIFFERS",
        path: "/compact",
        store: "/store",
        ...NONE,
        ...facts,
      }),
    );
    expect(withoutLocks(treeOf(disk))).toEqual(before);
  });

  test("a Raw record, which no copy of pairs has", () => {
    const { disk } = prepared();
    const log = RecordLog.openSync("/store", { fileSystem: disk });
    log.append("raw");
    log.closeSync();
    expect(() => replaceStoreSync("/store", "/compact", { fileSystem: disk })).toThrow(
      expect.objectContaining({ code: "ERR_DATAWAL_REPLACEMENT_DIFFERS", ...NONE, rawRecords: 1 }),
    );
  });

  test("a copy that was written to holds more, and is no copy any more", () => {
    const { swap } = swapAfter((copy) => copy.put("new", "1"), {}, "/compact");
    expect(swap).toThrow(
      expect.objectContaining({
        code: "ERR_DATAWAL_REPLACEMENT_DIFFERS",
        ...NONE,
        extra: 1,
        firstKey: key("new"),
      }),
    );
  });

  test("what was put again as it is, and what came and went, is no difference", () => {
    const { disk, swap } = swapAfter((store) => {
      store.put("b", "2");
      store.put("came", "and went");
      store.delete("came");
    });
    swap();
    expect(pairsOf(disk, "/store")).toEqual(SAMPLE_PAIRS);
  });

  test("only with force it is given up", () => {
    const { disk, swap } = swapAfter((store) => store.put("new", "1"), { force: true });
    swap();
    expect(pairsOf(disk, "/store")).toEqual(SAMPLE_PAIRS);
  });

  test("nor with what was put while a swap stood still between its renames", () => {
    const { disk } = prepared();
    const stopped = withFaults(disk, () => (disk.stat("/store") ? undefined : "stop"));
    expect(isStoppedIn(() => replaceStoreSync("/store", "/compact", { fileSystem: stopped }))).toBe(true);
    disk.killProcess();
    using old = DataWal.openSync("/store.old", { fileSystem: disk });
    old.put("new", "1");
    old.closeSync();
    const swap = (force: boolean) => replaceStoreSync("/store", "/compact", { fileSystem: disk, force });
    expect(() => swap(false)).toThrow(withCode("ERR_DATAWAL_REPLACEMENT_DIFFERS"));
    swap(true);
    expect(pairsOf(disk, "/store")).toEqual(SAMPLE_PAIRS);
  });
});

test("proving tells how far it is, and ends at the whole", async () => {
  const { disk } = prepared();
  const told: { bytesDone: number; bytesTotal: number }[] = [];
  await replaceStore("/store", "/compact", {
    fileSystem: disk,
    onProgress: ({ bytesDone, bytesTotal }) => void told.push({ bytesDone, bytesTotal }),
  });
  const live = told.findLast(({ bytesDone }) => bytesDone > 0)!;
  expect(live.bytesDone).toBe(live.bytesTotal);
  expect(live.bytesTotal).toBeGreaterThan(3000);
});

describe("what the replaced store had in quarantine", () => {
  test("moves, under new numbers, and stays reported", async () => {
    const disk = createSimulatedDisk();
    prepareQuarantined(disk);
    disk.makeDirectory("/compact/quarantine-3");
    disk.fsyncDirectorySync("/compact");
    appendTo(disk, "/compact/quarantine-3/00000005.cut-1", "the replacement's own");
    await replaceStore("/store", "/compact", { fileSystem: disk });
    disk.cutPower();
    const tree = Object.keys(treeOf(disk)).filter((path) => path.includes(".cut-"));
    expect(tree).toEqual([
      "/store/quarantine-3/00000005.cut-1",
      "/store/quarantine-4/00000001.cut-74",
      "/store/quarantine-5/00000001.cut-74",
      "/store/quarantine-6/00000001.cut-74",
      "/store/quarantine-6/00000001.cut-74-1",
    ]);
    expect(quarantined(disk)).toEqual([...QUARANTINED, "the replacement's own"].sort());
    using store = DataWal.openSync("/store", { fileSystem: disk });
    expect(store.recoveryReport().warnings).toEqual(
      [3, 4, 5, 6].map((n) => ({ kind: "quarantine-present", path: `/store/quarantine-${n}` })),
    );
  });

  test("is there after a power cut at any moment, whatever of the names it keeps", async () => {
    const disk = createSimulatedDisk();
    using made = DataWal.openSync("/store", { fileSystem: disk });
    made.put("a", "1");
    made.compactToSync("/compact");
    made.closeSync();
    for (const name of ["00000001.cut-74", "00000001.cut-80"]) appendTo(disk, `/store/${name}`, name);
    const { distinct } = await crashEverywhere({
      disk,
      imagesPerMoment: IS_FULL_RUN ? 500 : 4,
      work: (fileSystem) => replaceStoreSync("/store", "/compact", { fileSystem }),
      check: (found) => {
        const before = quarantined(found);
        if (found.stat("/compact") || found.stat("/store.old"))
          replaceStoreSync("/store", "/compact", { fileSystem: found });
        const expected = ["00000001.cut-74", "00000001.cut-80"];
        expect([before, quarantined(found)]).toEqual([expected, expected]);
        expect(pairsOf(found, "/store")).toEqual([["a", "1"]]);
      },
    });
    expect(distinct).toBeGreaterThan(30);
  });

  test("of a link or a directory in a quarantine file's name nothing is known, and the swap refuses", () => {
    const { disk } = prepared();
    disk.makeDirectory("/store/00000001.cut-74");
    expect(() => replaceStoreSync("/store", "/compact", { fileSystem: disk })).toThrow(
      expect.objectContaining({ code: "ERR_DATAWAL_SWAP_REFUSED", found: ["00000001.cut-74"] }),
    );
  });
});

/** Runs a swap under faults; returns what it threw, or `undefined`. */
async function failingSwap(
  decide: (call: PortCall) => Fault | undefined | void,
  signal?: AbortSignal,
  platform: SimulatedDiskOptions["platform"] = "posix",
) {
  const failing = failingDisk(prepareQuarantined, { platform });
  const compacted = bytesOf(failing.disk, "/compact/00000001.dwal");
  const source = withoutLocks(treeOf(failing.disk));
  failing.arm(decide);
  const error = await replaceStore("/store", "/compact", { fileSystem: failing.port, signal }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const calls = failing.calls;
  failing.arm(() => undefined);
  return { ...failing, error, calls, compacted, source };
}

const ERRNOS = ["EIO", "EACCES"] as const;

/** @param count About how many of them in a quick run. */
async function callsOfSwap(count = 15, platform?: SimulatedDiskOptions["platform"]): Promise<number[]> {
  const calls: PortCall[] = [];
  await failingSwap((call) => void calls.push(call), undefined, platform);
  const wanted = callsToTry(calls);
  return allOrSample(0, wanted.length - 1, count).map((index) => wanted[index]!);
}

function isStoppedIn(call: () => void): boolean {
  try {
    call();
    return false;
  } catch (error) {
    if (error instanceof StoppedError) return true;
    throw error;
  }
}

/** Calls again what was interrupted, unless it had come to its very end. */
async function finish(disk: SimulatedDisk) {
  if (disk.stat("/compact") || disk.stat("/store.old"))
    await replaceStore("/store", "/compact", { fileSystem: disk });
}

/** Whether the store opens with the pairs that it had; or refuses since it is at STORE.old, where they are. */
function expectNothingLost(disk: SimulatedDisk, where: string) {
  expect(quarantined(disk), where).toEqual(QUARANTINED);
  if (disk.stat("/store")) {
    expect(pairsOf(disk, "/store"), where).toEqual(SAMPLE_PAIRS);
    return;
  }
  expect(() => DataWal.openSync("/store", { fileSystem: disk }), where).toThrow(
    withCode("ERR_DATAWAL_SWAP_UNFINISHED"),
  );
  expect(disk.stat("/store"), where).toBeUndefined();
  expect(pairsOf(disk, "/store.old"), where).toEqual(SAMPLE_PAIRS);
}

describe("at whichever call of a swap", () => {
  test.each([
    ["killProcess", "posix"],
    ["cutPower", "posix"],
    ["killProcess", "windows"],
    ["cutPower", "windows"],
  ] as const)(
    "the process stops (%s, %s), nothing is lost, and calling again finishes the swap",
    async (lose, platform) => {
      const seen = new Set<string>();
      const calls = await callsOfSwap(15, platform);
      for (const last of calls) {
        const { disk, error, compacted } = await failingSwap(
          ({ index }) => (index === last ? "stop" : undefined),
          undefined,
          platform,
        );
        expect(error, `call ${last}`).toBeInstanceOf(StoppedError);
        disk[lose]();
        seen.add(["/store", "/store.old", "/compact"].filter((path) => disk.stat(path)).join(" "));
        expectNothingLost(disk, `call ${last}`);
        await finish(disk);
        expectSwapped(disk, compacted, `call ${last}`);
      }
      // Every row of the swap's table was met; a power cut undoes both renames or none.
      const states = ["/store /compact", "/store /store.old"];
      if (lose === "killProcess") states.push("/store.old /compact");
      for (const state of states) expect(seen).toContain(state);
    },
  );

  test("the process stops, and stops again in the call that finishes it: calling once more does", async () => {
    const calls = await callsOfSwap(Number.POSITIVE_INFINITY);
    const seen = new Set<string>();
    for (const last of calls) {
      const stopFirst = () => failingSwap(({ index }) => (index === last ? "stop" : undefined));
      const { disk: stopped } = await stopFirst();
      const left = JSON.stringify(withoutLocks(treeOf(stopped)));
      // Before the first rename a second call begins anew: stopping that is the test above.
      if (seen.has(left) || (stopped.stat("/store") && stopped.stat("/compact"))) continue;
      seen.add(left);
      for (let again = 0, isStopped = true; isStopped; again += IS_FULL_RUN ? 1 : 29) {
        const { disk, compacted } = await stopFirst();
        disk.killProcess();
        const port = withFaults(disk, ({ index }) => (index === again ? "stop" : undefined));
        isStopped = isStoppedIn(() => replaceStoreSync("/store", "/compact", { fileSystem: port }));
        disk.cutPower();
        expectNothingLost(disk, `calls ${last}, ${again}`);
        await finish(disk);
        expectSwapped(disk, compacted, `calls ${last}, ${again}`);
      }
    }
    expect(seen.size).toBeGreaterThan(4);
  }, 120_000);

  test("something fails: both are as they were, or the error says what to do, and calling again finishes", async () => {
    const calls = await callsOfSwap();
    const codes = new Set<string>();
    for (const failing of calls) {
      for (const errno of IS_FULL_RUN ? ERRNOS : [ERRNOS[failing % ERRNOS.length]!]) {
        let failed = "";
        const found = await failingSwap((call) => {
          if (call.index !== failing) return undefined;
          failed = `${call.operation} ${call.path} ${errno}`;
          return { errno };
        });
        const { disk, port, error, compacted, source } = found;
        expect([port.openFileCount, port.heldLockCount], failed).toEqual([0, 0]);
        if (error !== undefined) {
          expect(error, failed).toMatchObject({ code: expect.stringMatching(/^ERR_DATAWAL_/) });
          const { code } = error as { code: string };
          codes.add(code);
          if (code === "ERR_DATAWAL_SWAP_INCOMPLETE") expect(disk.stat("/compact"), failed).toBeUndefined();
          else if (!failed.startsWith("lock.release"))
            expect(withoutLocks(treeOf(disk)), failed).toEqual(source);
        }
        expectNothingLost(disk, failed);
        await finish(disk);
        expectSwapped(disk, compacted, failed);
      }
    }
    expect(codes).toContain("ERR_DATAWAL_SWAP_INCOMPLETE");
  });

  test("all fails from there on: the error says what stands where, and calling again finishes", async () => {
    const calls = await callsOfSwap();
    const codes = new Set<string>();
    for (const failing of calls) {
      const { disk, error, compacted } = await failingSwap(({ index }) =>
        index >= failing ? { errno: "EIO" } : undefined,
      );
      disk.killProcess();
      // Not hidden behind the lock, which cannot be given back either.
      const { code } = error as { code: string };
      codes.add(code);
      const names = ["/store", "/store.old", "/compact"].filter((path) => disk.stat(path));
      if (code === "ERR_DATAWAL_SWAP_UNFINISHED") expect(names).toEqual(["/store.old", "/compact"]);
      else if (code === "ERR_DATAWAL_SWAP_INCOMPLETE") expect(names).not.toContain("/compact");
      else expect(names, `call ${failing}: ${code}`).not.toContain("/store.old");
      expectNothingLost(disk, `call ${failing}`);
      await finish(disk);
      expectSwapped(disk, compacted, `call ${failing}`);
    }
    expect([...codes].sort()).toEqual([
      "ERR_DATAWAL_STORE_IO",
      "ERR_DATAWAL_SWAP_INCOMPLETE",
      "ERR_DATAWAL_SWAP_UNFINISHED",
    ]);
  });

  test("it is given up: both are as they were, or it was too late and the swap is whole", async () => {
    const calls = await callsOfSwap();
    const outcomes = new Set<unknown>();
    for (const aborting of [-1, ...calls]) {
      const controller = new AbortController();
      if (aborting === -1) controller.abort("given up");
      const found = await failingSwap(({ index }) => {
        if (index === aborting) controller.abort("given up");
        return undefined;
      }, controller.signal);
      outcomes.add(found.error);
      if (found.error === undefined) expectSwapped(found.disk, found.compacted, `call ${aborting}`);
      else expect(withoutLocks(treeOf(found.disk)), `call ${aborting}`).toEqual(found.source);
    }
    expect(outcomes).toEqual(new Set(["given up", undefined]));
  });
});

describe("a writer beside a swap acknowledges into no store but the one that stays:", () => {
  /** Opens the store, puts a pair and closes it. @returns Whether that was acknowledged. */
  function isPut(fileSystem: FileSystem): boolean {
    try {
      using store = DataWal.openSync("/store", { fileSystem });
      store.put("acknowledged", "1");
      store.fsyncSync();
      return true;
    } catch (error) {
      expect(error).toMatchObject({
        code: expect.stringMatching(/_(LOCKED|SWAP_UNFINISHED|REPLACED|STORE_IO|STORE_NOT_FOUND)$/),
      });
      return false;
    }
  }

  const codeOf = (call: () => void) => {
    try {
      call();
      return undefined;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  function expectKept(disk: SimulatedDisk, isAcknowledged: boolean, where: string) {
    const expected = isAcknowledged ? [["acknowledged", "1"]] : [];
    const found = pairsOf(disk, "/store").filter(([key]) => key === "acknowledged");
    expect(found, where).toEqual(expected);
  }

  test("one that opens at whichever call of the swap", async () => {
    const calls = await callsOfSwap();
    const outcomes = new Set<string>();
    for (const at of calls) {
      const { disk, port, arm } = failingDisk(prepare);
      let isAcknowledged = false;
      arm(({ index }) => {
        if (index === at) isAcknowledged = isPut(disk);
      });
      const code = codeOf(() => replaceStoreSync("/store", "/compact", { fileSystem: port }));
      arm(() => undefined);
      outcomes.add(`${isAcknowledged} ${code}`);
      expectKept(disk, isAcknowledged, `call ${at}`);
    }
    expect(outcomes).toContain("true ERR_DATAWAL_REPLACEMENT_DIFFERS");
    expect(outcomes).toContain("false undefined");
  });

  test("one during whose every call a swap runs", () => {
    for (let at = 0, isDone = false; !isDone; at++) {
      const { disk, port, arm } = failingDisk(prepare);
      isDone = true;
      arm(({ index }) => {
        if (index !== at) return;
        isDone = false;
        codeOf(() => replaceStoreSync("/store", "/compact", { fileSystem: disk }));
      });
      const isAcknowledged = isPut(port);
      arm(() => undefined);
      expectKept(disk, isAcknowledged, `call ${at}`);
    }
  });

  test("one that was killed when it had made a directory in the store's place: the swap is finished", () => {
    for (const isLocked of [false, true]) {
      const { disk, compacted } = prepared();
      const stopped = withFaults(disk, () => (disk.stat("/store") ? undefined : "stop"));
      expect(isStoppedIn(() => replaceStoreSync("/store", "/compact", { fileSystem: stopped }))).toBe(true);
      disk.killProcess();
      disk.makeDirectory("/store");
      if (isLocked) disk.open("/store/.lock", "create").close();
      expect(isPut(disk)).toBe(false);
      replaceStoreSync("/store", "/compact", { fileSystem: disk });
      expectSwapped(disk, compacted);
    }
  });
});

// A mark told the inode alone, which ext4 gives to the next directory at once.
test("a mark of a swap that was given up is no right to remove a backup", () => {
  const { disk } = prepared();
  const stopped = withFaults(disk, ({ operation }) => (operation === "rename" ? "stop" : undefined));
  expect(isStoppedIn(() => replaceStoreSync("/store", "/compact", { fileSystem: stopped }))).toBe(true);
  disk.killProcess();
  for (const { name } of disk.list("/compact")) disk.removeFile(`/compact/${name}`);
  disk.removeDirectory("/compact");
  disk.makeDirectory("/next");
  disk.rename("/store", "/store.old");
  disk.rename("/next", "/store");
  using backup = DataWal.openSync("/store.old", { fileSystem: disk });
  backup.compactToSync("/store");
  backup.compactToSync("/next");
  backup.closeSync();
  const identity = (path: string) => disk.stat(path)!.identity.split(":")[1];
  expect(
    disk
      .list("/store.old")
      .map(({ name }) => name)
      .join(),
  ).toContain(`.replaced-by-${identity("/store")}-`);
  expect(() => replaceStoreSync("/store", "/next", { fileSystem: disk })).toThrow(
    withCode("ERR_DATAWAL_OLD_STORE_PRESENT"),
  );
});

test("the old store's mark goes last, when the removal of all else is durable", async () => {
  const { port, arm } = failingDisk(prepare);
  const trace: string[] = [];
  arm(({ operation, path }) => {
    if (path.startsWith("/store.old")) trace.push(`${operation} ${path.replace(/by-.+/, "by-INODE")}`);
  });
  await replaceStore("/store", "/compact", { fileSystem: port });
  const removals = trace.filter((call) => call.startsWith("remove"));
  expect(removals.slice(-2)).toEqual([
    "removeFile /store.old/.replaced-by-INODE",
    "removeDirectory /store.old",
  ]);
  const synced = trace.indexOf("fsyncDirectory /store.old");
  expect(synced).toBeGreaterThan(trace.indexOf(removals.at(-3)!));
  expect(synced).toBeLessThan(trace.indexOf(removals.at(-2)!));
});

test("a swap whose removal was interrupted does not stand in the way of the next one", async () => {
  const { disk, calls } = await failingSwap(() => undefined);
  expect(disk.stat("/store.old")).toBeUndefined();
  const { disk: left } = await failingSwap(({ operation, path }) =>
    operation === "removeFile" && path.startsWith("/store.old/") ? "stop" : undefined,
  );
  left.killProcess();
  expect(left.stat("/store.old")).toBeDefined();
  prepare(left, "/compact-again");
  const compacted = bytesOf(left, "/compact-again/00000001.dwal");
  await replaceStore("/store", "/compact-again", { fileSystem: left });
  expectSwapped(left, compacted);
  expect(calls).toBeGreaterThan(20);
});

test("the check can fail: without the mark's directory sync a power cut leaves an old store that nobody may remove", async () => {
  const isMarkSync = ({ operation, path }: PortCall) => operation === "fsyncDirectory" && path === "/store";
  const failing = failingDisk(prepare);
  const lazy = new Proxy(failing.port, {
    get: (target, member) =>
      member === "fsyncDirectory"
        ? async (path: string) =>
            isMarkSync({ index: 0, operation: member, path }) ? undefined : target.fsyncDirectory(path)
        : Reflect.get(target, member, target) instanceof Function
          ? Reflect.get(target, member, target).bind(target)
          : Reflect.get(target, member, target),
  });
  failing.arm(({ operation }) => (operation === "removeFile" ? "stop" : undefined));
  await expect(replaceStore("/store", "/compact", { fileSystem: lazy })).rejects.toBeInstanceOf(StoppedError);
  failing.disk.cutPower();
  await expect(finish(failing.disk)).rejects.toMatchObject({ code: "ERR_DATAWAL_OLD_STORE_PRESENT" });
});
