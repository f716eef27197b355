import { type Fault, type PortCall, StoppedError } from "@datawal/safeatomic/testing";
import { DataWal, DataWalReader } from "datawal";
import { describe, expect, test } from "vitest";
import { IS_FULL_RUN } from "../../record-log/test/kit/seeded-random.js";
import { type DiskTree, treeOf } from "./kit/disk-tree.js";
import { callsToTry, type FailingDisk, failingDisk } from "./kit/port-failures.js";
import { writeSample } from "./kit/sample-store.js";

type Decide = (call: PortCall) => Fault | undefined | void;
type Options = { signal?: AbortSignal | undefined };

/** A long operation on an open store, and what of the disk it publishes. */
interface Case {
  name: string;
  /** The files outside of the store before it; none where absent. */
  before?: DiskTree;
  run(store: DataWal | DataWalReader, options: Options): Promise<unknown>;
}

const published = { "/d/export.jsonl": Buffer.from("old").toString("hex") };
const cases: Case[] = [
  { name: "compactTo", run: (store, options) => store.compactTo("/new/target", options) },
  { name: "compactToSync", run: async (store, options) => store.compactToSync("/new/target", options) },
  {
    name: "exportJsonl to a new file",
    run: (store, options) => store.exportJsonl("/new/export.jsonl", options),
  },
  {
    name: "exportJsonl over a file",
    before: published,
    run: (store, options) => store.exportJsonl("/d/export.jsonl", options),
  },
  {
    name: "exportJsonlSync over a file",
    before: published,
    run: async (store, options) => store.exportJsonlSync("/d/export.jsonl", options),
  },
];

function prepared({ before = {} }: Case): FailingDisk {
  return failingDisk((disk) => {
    writeSample(disk, "/store");
    for (const [path, content] of Object.entries(before)) {
      disk.makeDirectory("/d");
      const file = disk.open(path, "create");
      file.append(Buffer.from(content, "hex"), 0, content.length / 2);
      file.close();
    }
  });
}

function outsideOfStore(tree: DiskTree): DiskTree {
  return Object.fromEntries(Object.entries(tree).filter(([path]) => !path.startsWith("/store/")));
}

function insideOfStore(tree: DiskTree): DiskTree {
  return Object.fromEntries(Object.entries(tree).filter(([path]) => path.startsWith("/store/")));
}

function withoutTemporaries(tree: DiskTree): DiskTree {
  return Object.fromEntries(Object.entries(tree).filter(([path]) => !path.endsWith(".new")));
}

/** Runs the operation under faults, and tells how it ended and what it left. */
async function attempt(one: Case, decide: Decide, signal?: AbortSignal) {
  const failing = prepared(one);
  const { port, disk } = failing;
  const store = DataWal.openSync("/store", { fileSystem: port });
  const source = insideOfStore(treeOf(disk));
  const [openFiles, heldLocks] = [port.openFileCount, port.heldLockCount];
  failing.arm(decide);
  const outcome = await one.run(store, { signal }).then(
    () => "done" as const,
    (error: unknown) => error,
  );
  const calls = failing.calls;
  failing.arm(() => {});
  const tree = treeOf(disk);
  return {
    outcome,
    calls,
    left: outsideOfStore(tree),
    isSourceUntouched: JSON.stringify(insideOfStore(tree)) === JSON.stringify(source),
    // Reading opens segments, which stay open.
    leakedFiles:
      port.openFileCount - openFiles - Object.keys(source).filter((path) => path.endsWith(".dwal")).length,
    leakedLocks: port.heldLockCount - heldLocks,
    retry: async () => {
      await one.run(store, {});
      return outsideOfStore(treeOf(disk));
    },
  };
}

/** What the operation leaves when nothing fails, and which calls of it to try. */
async function whole(one: Case) {
  const calls: PortCall[] = [];
  const { outcome, left } = await attempt(one, (call) => void calls.push(call));
  expect(outcome).toBe("done");
  expect(left).not.toEqual(one.before ?? {});
  return { after: left, calls: callsToTry(calls) };
}

/** The call that makes the result visible. */
const isPublishing = ({ operation }: PortCall) => operation === "rename" || operation === "link";

const ERRNOS = ["EIO", "ENOSPC", "EMFILE"];

describe.each(cases)("$name", (one) => {
  const before = one.before ?? {};

  test("whichever call fails: nothing is published, or all; no temporary and no descriptor is left; a retry succeeds", async () => {
    const { after, calls } = await whole(one);
    for (const failing of calls) {
      for (const errno of IS_FULL_RUN ? ERRNOS : [ERRNOS[failing % ERRNOS.length]!]) {
        let failed: PortCall | undefined;
        const found = await attempt(one, (call) => {
          if (call.index !== failing) return undefined;
          failed = call;
          return { errno };
        });
        const where = `call ${failing} (${failed?.operation} ${failed?.path}) ${errno}`;
        expect(found.isSourceUntouched, where).toBe(true);
        expect(found.leakedFiles, where).toBeLessThanOrEqual(0);
        expect(found.leakedLocks, where).toBe(0);
        if (found.outcome !== "done") {
          expect(found.outcome, where).toMatchObject({ code: expect.stringMatching(/^ERR_DATAWAL_/) });
          const isVisible = (found.outcome as { code: string }).code === "ERR_DATAWAL_CHANGE_NOT_DURABLE";
          // A twin that cannot be removed stays, and the next open for writing knows it.
          const left = failed?.operation === "removeFile" ? withoutTemporaries(found.left) : found.left;
          expect(left, where).toEqual(isVisible ? after : before);
          if (!isVisible) expect(await found.retry(), where).toEqual(after);
        } else {
          expect(found.left, where).toEqual(after);
        }
      }
    }
  });

  test("from whichever call on all fail: nothing is published, or all", async () => {
    const { after, calls } = await whole(one);
    for (const failing of calls) {
      const found = await attempt(one, ({ index }) => (index >= failing ? { errno: "EIO" } : undefined));
      const visible = withoutTemporaries(found.left);
      expect(found.isSourceUntouched).toBe(true);
      expect(found.leakedFiles, `call ${failing}`).toBeLessThanOrEqual(0);
      expect([before, after], `call ${failing}`).toContainEqual(visible);
    }
  });

  test("whichever call the process is killed at: nothing is published, or all; a power cut changes nothing about that", async () => {
    const { after, calls } = await whole(one);
    let killed = 0;
    for (const last of calls) {
      const failing = prepared(one);
      const store = DataWalReader.openSync("/store", { fileSystem: failing.port });
      failing.arm(({ index }) => (index === last ? "stop" : undefined));
      const outcome = await one.run(store, {}).catch((error: unknown) => error);
      if (outcome instanceof StoppedError) killed++;
      for (const lose of ["killProcess", "cutPower"] as const) {
        failing.disk[lose]();
        const visible = Object.entries(outsideOfStore(treeOf(failing.disk))).filter(
          ([path]) => !path.endsWith(".new"),
        );
        expect([before, after, {}], `call ${last}`).toContainEqual(Object.fromEntries(visible));
      }
      using again = DataWalReader.openSync("/store", { fileSystem: failing.disk });
      if (
        Object.keys(outsideOfStore(treeOf(failing.disk))).some((path) => path === "/new/target/00000001.dwal")
      )
        continue;
      await one.run(again, {});
      expect(outsideOfStore(treeOf(failing.disk)), `call ${last}`).toMatchObject(after);
    }
    expect(killed).toBeGreaterThan(5);
  });

  test("given up at whichever call: its reason, nothing published, no temporary; or too late, and all is published", async () => {
    const { after, calls } = await whole(one);
    const outcomes = new Set<unknown>();
    let isPublished = false;
    for (const aborting of [-1, ...calls]) {
      const controller = new AbortController();
      if (aborting === -1) controller.abort("given up");
      const found = await attempt(
        one,
        (call) => {
          if (call.index !== aborting) return;
          isPublished ||= isPublishing(call);
          controller.abort("given up");
        },
        controller.signal,
      );
      outcomes.add(found.outcome);
      expect(found.left, `call ${aborting}`).toEqual(found.outcome === "done" ? after : before);
      expect(found.leakedFiles, `call ${aborting}`).toBeLessThanOrEqual(0);
      if (isPublished) expect(found.outcome).toBe("done");
    }
    expect([...outcomes].sort()).toEqual(["done", "given up"]);
  });

  test("every write may be short", async () => {
    const { after } = await whole(one);
    for (const count of [0, 1, 7]) {
      let isFirst = true;
      const found = await attempt(one, ({ operation }) => {
        if (operation !== "file.append" || !isFirst) return;
        isFirst = false;
        return { count };
      });
      expect(found).toMatchObject({ outcome: "done", left: after });
    }
  });
});

test("the check can fail: what writes the target in place is found half written", async () => {
  const inPlace: Case = {
    name: "writes in place",
    run: async (store) => {
      const { port } = holder;
      const file = port.open("/export.jsonl", "create");
      try {
        for (const [key] of store) file.append(key, 0, key.length);
      } finally {
        file.close();
      }
    },
  };
  const holder = prepared(inPlace);
  const store = DataWal.openSync("/store", { fileSystem: holder.port });
  let appends = 0;
  holder.arm(({ operation }) =>
    operation === "file.append" && ++appends === 3 ? { errno: "ENOSPC" } : undefined,
  );
  await expect(inPlace.run(store, {})).rejects.toMatchObject({ code: "ENOSPC" });
  expect(outsideOfStore(treeOf(holder.disk))).not.toEqual({});
});
