import { type FilesUnderTest, replacesOldByNew } from "@datawal/fuzz";
import { type FileSystem, writeAtomic } from "@datawal/safeatomic";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

test("@datawal/safeatomic keeps the law of files", async () => {
  const replace: FilesUnderTest["replace"] = (fileSystem, path, bytes) =>
    writeAtomic(path, bytes, { fileSystem });
  await fc.assert(replacesOldByNew({ replace }), { numRuns: 15 });
});

describe("the law is broken by a file that is (canary)", () => {
  function written(fileSystem: FileSystem, path: string, bytes: Uint8Array, isSynced = true): void {
    const file = fileSystem.open(path, "create");
    file.append(bytes, 0, bytes.length);
    if (isSynced) file.fsyncSync();
    file.close();
  }
  const broken: [string, FilesUnderTest["replace"]][] = [
    [
      "written in place",
      (fileSystem, path, bytes) => {
        if (fileSystem.stat(path)) fileSystem.removeFile(path);
        written(fileSystem, path, bytes);
        fileSystem.fsyncDirectorySync("/directory");
      },
    ],
    [
      "renamed before its sync",
      (fileSystem, path, bytes) => {
        written(fileSystem, `${path}.new`, bytes, false);
        fileSystem.rename(`${path}.new`, path);
        fileSystem.fsyncDirectorySync("/directory");
      },
    ],
    [
      "acknowledged before its directory is synced",
      (fileSystem, path, bytes) => {
        written(fileSystem, `${path}.new`, bytes);
        fileSystem.rename(`${path}.new`, path);
      },
    ],
  ];

  test.each(broken)("%s", async (_, replace) => {
    const { failed } = await fc.check(replacesOldByNew({ replace }), { numRuns: 50_000, endOnFailure: true });
    expect(failed).toBe(true);
  });
});
