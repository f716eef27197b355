import {
  chmodSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FileSystem, nodeFileSystem, writeAppendFsync, writeAtomic, writeOnce } from "../src/index.js";

// A co-user's link in /tmp led what was exported there into a file of the user's own: Linux guards open(2) against
// that, and not a path that a program resolves link by link.

const STRANGER = 54_321;
let root: string;
/** Sticky, and everybody may write to it. */
let shared: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "foreign-links-"));
  shared = join(root, "shared");
  mkdirSync(shared);
  chmodSync(shared, 0o1777);
  writeFileSync(join(root, "victim"), "the victim's");
  symlinkSync("../victim", join(shared, "file"));
  symlinkSync("..", join(shared, "directory"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** The disk, on which all links are a stranger's. */
const fileSystem: FileSystem = {
  ...nodeFileSystem,
  stat(path) {
    const found = nodeFileSystem.stat(path);
    return found?.kind === "link" ? { ...found, owner: STRANGER } : found;
  },
};

const WRITES = { writeAtomic, writeAppendFsync, writeOnce };
const refusal = (path: string) => expect.objectContaining({ code: "ERR_DATAWAL_FOREIGN_LINK", path });

describe.each(Object.entries(WRITES))("%s", (name, write) => {
  test("follows no stranger's link to a directory, where that link lies among everybody's", async () => {
    const path = join(shared, "directory", "victim");
    await expect(write(path, "x", { fileSystem })).rejects.toEqual(refusal(join(shared, "directory")));
    expect(readFileSync(join(root, "victim"), "utf8")).toBe("the victim's");
  });

  test.runIf(name !== "writeOnce")(
    "follows none at the target itself, nor behind a link of our own",
    async () => {
      const ours = join(root, "ours");
      symlinkSync(join(shared, "file"), ours);
      for (const path of [join(shared, "file"), ours])
        await expect(write(path, "x", { fileSystem })).rejects.toEqual(refusal(join(shared, "file")));
      expect(readFileSync(join(root, "victim"), "utf8")).toBe("the victim's");
    },
  );

  test("follows them where the directory is not everybody's, and those of its owner everywhere", async () => {
    await write(join(shared, "directory", "new"), "x");
    chmodSync(shared, 0o777);
    await write(join(shared, "directory", "newer"), "x", { fileSystem });
    expect(readFileSync(join(root, "new"), "utf8") + readFileSync(join(root, "newer"), "utf8")).toBe("xx");
  });
});

test.runIf(process.getuid?.() === 0)("the owner of a link is the kernel's word", async () => {
  lchownSync(join(shared, "file"), STRANGER, STRANGER);
  await expect(writeAtomic(join(shared, "file"), "x")).rejects.toEqual(refusal(join(shared, "file")));
});
