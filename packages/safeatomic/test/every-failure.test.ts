import { describe, expect, test } from "vitest";
import { type FileSystem, isSafeatomicError } from "../src/index.js";
import { type Fault, type PortCall, StoppedError, withFaults } from "../src/testing/index.js";
import { overriding } from "./kit/overriding.js";
import { diskWith, type Tree, treeOf } from "./kit/simulated-tree.js";
import { type Case, cases } from "./kit/six-functions.js";

/** How a call ended, what it left, and what a power cut leaves of that. */
async function attempt(
  sample: Case,
  decide: (call: PortCall) => Fault | undefined | void,
  signal?: AbortSignal,
) {
  const disk = diskWith(sample.before);
  const fileSystem = withFaults(disk, decide);
  const outcome = await sample.run({ fileSystem, signal }).then(
    () => "done" as const,
    (error: unknown) => error,
  );
  const left = treeOf(disk);
  disk.cutPower();
  const durable = treeOf(disk);
  return { outcome, left, durable, openFiles: fileSystem.openFileCount, calls: fileSystem.callCount };
}

const none = () => undefined;

async function countCalls(sample: Case): Promise<number> {
  return (await attempt(sample, none)).calls;
}

/** Without the file, still empty, that a failed append had made. */
function withoutEmpty(tree: Tree): Tree {
  return Object.fromEntries(Object.entries(tree).filter(([, text]) => text !== ""));
}

function withoutTemporaries(tree: Tree): Tree {
  return Object.fromEntries(Object.entries(tree).filter(([path]) => !path.endsWith(".new")));
}

describe.each(cases)("$name", (sample) => {
  const { before, after } = sample;

  test("is durable when it returns", async () => {
    const { outcome, left, durable, openFiles } = await attempt(sample, none);
    expect(outcome).toBe("done");
    expect(left).toEqual(after);
    expect(durable).toEqual(after);
    expect(openFiles).toBe(0);
  });

  test("whichever call fails: nothing has changed, or the error says that all has; nothing is left behind", async () => {
    const calls = await countCalls(sample);
    for (let failing = 0; failing < calls; failing += 1) {
      for (const errno of ["EIO", "ENOSPC", "EACCES", "EMFILE", "EROFS"]) {
        const found = await attempt(sample, ({ index }) => (index === failing ? { errno } : undefined));
        expect(found.openFiles, `call ${failing} ${errno}`).toBe(0);
        if (isSafeatomicError(found.outcome, "ERR_DATAWAL_CHANGE_NOT_DURABLE")) {
          expect(withoutTemporaries(found.left), `call ${failing} ${errno}`).toEqual(after);
        } else if (found.outcome === "done") {
          expect(found.durable, `call ${failing} ${errno}`).toEqual(after);
        } else {
          expect(found.outcome).toMatchObject({ code: "ERR_DATAWAL_FILE_IO", errno, cause: { code: errno } });
          expect(withoutEmpty(found.left), `call ${failing} ${errno}`).toEqual(before);
        }
      }
    }
  });

  test("whichever call is the first to fail for ever: the files are as before or as after, no descriptor is left", async () => {
    const calls = await countCalls(sample);
    for (let failing = 0; failing < calls; failing += 1) {
      const found = await attempt(sample, ({ index }) => (index >= failing ? { errno: "EIO" } : undefined));
      expect(found.openFiles, `call ${failing}`).toBe(0);
      expect([before, after], `call ${failing}`).toContainEqual(withoutEmpty(withoutTemporaries(found.left)));
    }
  });

  test("every write may be short by any number of bytes", async () => {
    for (const count of [0, 1, 5, 10]) {
      let isFirst = true;
      const found = await attempt(sample, ({ operation }) => {
        if (operation !== "file.append" || !isFirst) return;
        isFirst = false;
        return { count };
      });
      expect(found).toMatchObject({ outcome: "done", left: after, durable: after });
    }
  });

  test("a disk that fills up in the middle of a write leaves the file as it was", async () => {
    let writes = 0;
    const found = await attempt(sample, ({ operation }) => {
      if (operation !== "file.append") return;
      writes += 1;
      return writes === 1 ? { count: 4 } : { errno: "ENOSPC" };
    });
    if (writes === 0) return;
    expect(found.outcome).toMatchObject({ code: "ERR_DATAWAL_FILE_IO", errno: "ENOSPC" });
    expect(withoutEmpty(found.left)).toEqual(before);
    expect(withoutEmpty(found.durable)).toEqual(before);
  });

  test("an abort at any call is its reason and changes nothing, or comes too late", async () => {
    const calls = await countCalls(sample);
    const outcomes = new Set<unknown>();
    for (let aborting = -1; aborting < calls; aborting += 1) {
      const controller = new AbortController();
      if (aborting === -1) controller.abort("given up");
      const abort = ({ index }: PortCall) => (index === aborting ? controller.abort("given up") : undefined);
      const found = await attempt(sample, abort, controller.signal);
      outcomes.add(found.outcome);
      expect(found.openFiles).toBe(0);
      expect(found.left, `call ${aborting}`).toEqual(found.outcome === "done" ? after : before);
    }
    expect([...outcomes].sort()).toEqual(["done", "given up"]);
  });

  test("a process killed before any call leaves the files as before or as after, a power cut too", async () => {
    const calls = await countCalls(sample);
    for (let last = 0; last < calls; last += 1) {
      const found = await attempt(sample, ({ index }) => (index === last ? "stop" : undefined));
      expect(found.outcome).toBeInstanceOf(StoppedError);
      for (const tree of [found.left, found.durable]) {
        expect([before, after, sample.between], `call ${last}`).toContainEqual(
          withoutEmpty(withoutTemporaries(tree)),
        );
      }
    }
  });
});

test("the check of durability can fail: a directory that is never synced loses the new name", async () => {
  const sample = cases.find(({ name }) => name === "writeAtomic of a new file");
  const disk = diskWith({ "/d/file": "old" });
  const lazy = overriding<FileSystem>(disk, { fsyncDirectory: async () => {} });
  await sample?.run({ fileSystem: lazy });
  disk.cutPower();
  expect(treeOf(disk)).toEqual({ "/d/file": "old" });
});
