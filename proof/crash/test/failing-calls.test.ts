import type { FileSystem } from "@datawal/safeatomic";
import { describe, expect, test } from "vitest";
import { createFailingCallsLayer, failingCallsLayer } from "../src/layers/failing-calls/index.js";
import { only, overriding, slice, wrongFiles } from "./kit/planted.js";

const PUBLIC_OPERATIONS = [
  ...[
    "open",
    "openSync",
    "log-append",
    "log-appendMany",
    "log-append-fsync",
    "log-append-fsyncSync",
    "log-rotate",
  ],
  ...["log-dropSegmentsBefore", "log-close", "log-closeSync", "log-verifyLog", "store-put", "store-delete"],
  ...[
    "store-batch",
    "store-putMany",
    "store-clear",
    "store-importJsonl",
    "store-get",
    "compactTo",
    "exportJsonl",
  ],
  ...[
    "snapshotTo",
    "salvageTo",
    "replaceStore",
    "RecordLogReader-open",
    "DataWalReader-refresh",
    "writeAtomic",
  ],
  ...["writeOnce", "writeOnceWithParents", "writeAppendFsync", "renameAtomic", "fsyncDir"],
];

test("a slice of the product has no violation", async () => {
  const { cases, violations } = await failingCallsLayer.run(slice(5, 2000));
  expect(violations).toEqual([]);
  expect(cases).toBeGreaterThan(15);
});

test("an operation fails with a typed error, succeeds all the same, or is given up: that is counted", async () => {
  for (const [name, outcome] of [
    ["compactTo/9/EIO-once", "1 failed with a typed error"],
    ["log-append/0/write-of-1-bytes-once", "1 succeeded all the same"],
    ["compactTo/9/abort", "1 were given up"],
  ] as const)
    expect((await failingCallsLayer.run(only(name))).facts).toContain(outcome);
});

test("an unknown case is refused, with what there is", async () => {
  await expect(failingCallsLayer.run(only("log-append/99/EIO-once"))).rejects.toThrow(
    "log-append/0/EIO-once",
  );
  const all = await failingCallsLayer.run(only("nothing/0")).catch((error: Error) => error.message);
  for (const operation of PUBLIC_OPERATIONS) expect(all).toContain(operation);
});

describe("what is wrong is found", () => {
  const nothing = () => undefined;
  const later = async () => undefined;

  test("a sync that does nothing: 1 durable", async () => {
    const plant = (disk: FileSystem) => wrongFiles(disk, () => ({ fsync: later, fsyncSync: nothing }));
    for (const name of ["log-append-fsync", "log-append-fsyncSync", "log-close", "store-put-fsync"])
      await expectViolation(plant, `${name}/none`, "1 durable");
    await expectViolation(plant, "writeAtomic/none", "1 durable");
  });

  test("a directory that is never synced: 1 durable", async () => {
    const plant = (disk: FileSystem) =>
      overriding(disk, { fsyncDirectory: later, fsyncDirectorySync: nothing });
    for (const name of [
      "compactTo",
      "exportJsonl",
      "snapshotTo",
      "salvageToSync",
      "writeOnce",
      "renameAtomic",
    ])
      await expectViolation(plant, `${name}/none`, "1 durable");
  });

  test("a write that says it has written more than it has: 7 no wrong answer", async () => {
    const plant = (disk: FileSystem) =>
      wrongFiles(disk, (file) => ({
        append: (source, offset, byteCount) => {
          file.append(source, offset, byteCount - 1);
          return byteCount;
        },
      }));
    await expectViolation(plant, "log-append/none", "7 no wrong answer");
  });

  test("an error without a code: 4 opens", async () => {
    const plant = (disk: FileSystem) =>
      overriding(disk, {
        link: () => {
          throw new Error("no code");
        },
      });
    await expectViolation(plant, "compactTo/none", "4 opens");
  });

  test("an open that fails though nothing does, since a cut is not made", async () => {
    const plant = (disk: FileSystem) => wrongFiles(disk, () => ({ truncate: nothing }));
    await expectViolation(plant, "openSync-of-a-torn-tail/none", "what nothing keeps from it succeeds");
  });

  test("a reader that changes the store, a compaction that does: 6 source untouched", async () => {
    const plant = (disk: FileSystem) =>
      overriding(disk, {
        realPath: (path) => {
          if (disk.stat("/store/left") === undefined && path !== "/store/left")
            disk.open("/store/left", "create").close();
          return disk.realPath(path);
        },
      });
    await expectViolation(plant, "RecordLogReader-open/none", "6 source untouched");
    await expectViolation(plant, "snapshotTo/none", "6 source untouched");
  });

  test("a value that is read with a bit turned: 7 no wrong answer", async () => {
    const plant = (disk: FileSystem) =>
      wrongFiles(disk, (file) => ({
        readAt: (target, targetOffset, byteCount, fileOffset) => {
          const count = file.readAt(target, targetOffset, byteCount, fileOffset);
          if (fileOffset > 0 && count > 0) target[targetOffset + count - 1]! ^= 1;
          return count;
        },
      }));
    await expectViolation(plant, "store-put/none", "7 no wrong answer");
  });

  test("a temporary that is not removed: 8 no leak", async () => {
    const plant = (disk: FileSystem) => overriding(disk, { removeFile: nothing });
    await expectViolation(plant, "writeAtomic/4/EIO-once", "8 no leak");
    await expectViolation(plant, "exportJsonl/20/EIO-once", "8 no leak");
  });

  test("a promise that never settles", async () => {
    const plant = (disk: FileSystem) =>
      wrongFiles(disk, () => ({ fsync: () => new Promise<never>(nothing) }));
    await expectViolation(plant, "log-append-fsync/none", "every call comes to an end");
  });

  test("a failed operation that has published all the same", async () => {
    const plant = (disk: FileSystem) =>
      overriding(disk, {
        stat: (path) => {
          if (path === "/d/new.1.new") disk.link(path, "/d/new");
          return disk.stat(path);
        },
      });
    await expectViolation(
      plant,
      "writeAtomic/9/EIO-once",
      "a failed operation has changed nothing, or says so",
    );
  });

  test("the story tells the calls, the failure, the outcome, and the sentence that broke", async () => {
    const plant = (disk: FileSystem) => overriding(disk, { removeFile: nothing });
    const { violations } = await createFailingCallsLayer(plant).run(only("writeAtomic/4/EIO-once"));
    expect(violations[0]?.story).toMatch(
      /^operation: writeAtomic\/4\/EIO-once\n( {2}\d \S+ \S+\n)+ {2}\^ EIO-once\noutcome: {3}failed: SafeatomicError.*\nthen: .*\nbroken: {4}8 no leak/,
    );
  });
});

async function expectViolation(
  plant: (disk: FileSystem) => FileSystem,
  name: string,
  sentence: string | RegExp,
): Promise<void> {
  const { violations } = await createFailingCallsLayer(plant).run(only(name));
  expect(violations[0]?.sentence, name).toMatch(sentence);
  expect((await failingCallsLayer.run(only(name))).violations, name).toEqual([]);
}
