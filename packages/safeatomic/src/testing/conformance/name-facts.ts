import { equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { sleep } from "../../event-loop.js";
import { isSameFile } from "../../same-file.js";
import { at, failsWith, makeDirectory, makeFile, textOf } from "./disk-verbs.js";
import type { ConformanceDisk, Facts } from "./facts.js";

/** What the contract says of names: stat, rename, link, removal, and symbolic links where they can be made. */
export const nameFacts: Facts = {
  "stat tells kinds, and undefined where nothing stands, below a file too": (disk) => {
    const file = makeFile(disk, "file", "abc");
    equal(disk.fileSystem.stat(file)?.kind, "file");
    equal(disk.fileSystem.stat(file)?.size, 3);
    equal(disk.fileSystem.stat(makeDirectory(disk, "directory"))?.kind, "directory");
    equal(disk.fileSystem.stat(at(disk, "missing")), undefined);
    equal(disk.fileSystem.stat(at(disk, "missing/below")), undefined);
    equal(disk.fileSystem.stat(at(disk, "file/below")), undefined);
  },

  "realPath leaves a path without links as it is, and fails with ENOENT where nothing is": async (disk) => {
    const directory = disk.fileSystem.realPath(disk.directory);
    makeFile(disk, "file");
    equal(disk.fileSystem.realPath(join(directory, "file")), join(directory, "file"));
    await failsWith("ENOENT", () => disk.fileSystem.realPath(at(disk, "missing")));
    await failsWith(["ENOTDIR", "ENOENT"], () => disk.fileSystem.realPath(at(disk, "file/below")));
  },

  "rename moves a file, and replaces one": (disk) => {
    const from = makeFile(disk, "from", "new");
    const to = makeFile(disk, "to", "old");
    const before = disk.fileSystem.stat(from);
    disk.fileSystem.rename(from, to);
    equal(textOf(disk, to), "new");
    ok(isSameFile(disk.fileSystem.stat(to), before));
    equal(disk.fileSystem.stat(from), undefined);
  },

  "rename moves a directory with all that is in it, and replaces an empty one": (disk) => {
    const from = makeDirectory(disk, "from");
    makeFile(disk, "from/file", "kept");
    const to = makeDirectory(disk, "to");
    disk.fileSystem.rename(from, to);
    equal(textOf(disk, at(disk, "to/file")), "kept");
    equal(disk.fileSystem.stat(from), undefined);
  },

  "rename of a file to itself, or to another name of itself, changes nothing": (disk) => {
    const path = makeFile(disk, "file", "kept");
    const second = at(disk, "second");
    disk.fileSystem.link(path, second);
    disk.fileSystem.rename(path, path);
    disk.fileSystem.rename(path, second);
    equal(textOf(disk, path), "kept");
    equal(textOf(disk, second), "kept");
  },

  "rename fails where it would lose something, and changes nothing": async (disk) => {
    const { fileSystem } = disk;
    const file = makeFile(disk, "file", "kept");
    const full = makeDirectory(disk, "full");
    makeFile(disk, "full/inner");
    const empty = makeDirectory(disk, "empty");
    await failsWith("ENOENT", () => fileSystem.rename(at(disk, "missing"), file));
    await failsWith("ENOENT", () => fileSystem.rename(file, at(disk, "missing/file")));
    await failsWith(["ENOTEMPTY", "EEXIST"], () => fileSystem.rename(empty, full));
    await failsWith("EISDIR", () => fileSystem.rename(file, empty));
    await failsWith("ENOTDIR", () => fileSystem.rename(empty, file));
    await failsWith("EINVAL", () => fileSystem.rename(full, at(disk, "full/deeper")));
    equal(textOf(disk, file), "kept");
    equal(fileSystem.stat(at(disk, "full/inner"))?.kind, "file");
    equal(fileSystem.stat(empty)?.kind, "directory");
  },

  "link gives a file a second name": (disk) => {
    const first = makeFile(disk, "first", "kept");
    const second = at(disk, "second");
    disk.fileSystem.link(first, second);
    ok(isSameFile(disk.fileSystem.stat(second), disk.fileSystem.stat(first)));
    disk.fileSystem.removeFile(first);
    equal(textOf(disk, second), "kept");
  },

  "the number of a file's names is told, or not at all": (disk) => {
    const first = makeFile(disk, "first");
    const links = () => disk.fileSystem.stat(first)?.links ?? 0;
    if (links() === 0) return;
    const second = at(disk, "second");
    disk.fileSystem.link(first, second);
    equal(links(), 2);
    disk.fileSystem.rename(makeFile(disk, "other"), second);
    equal(links(), 1);
  },

  "link fails with EEXIST where the name is taken, and replaces nothing": async (disk) => {
    const first = makeFile(disk, "first");
    const taken = makeFile(disk, "taken", "kept");
    await failsWith("EEXIST", () => disk.fileSystem.link(first, taken));
    await failsWith("EEXIST", () => disk.fileSystem.link(first, first));
    equal(textOf(disk, taken), "kept");
    await failsWith("ENOENT", () => disk.fileSystem.link(at(disk, "missing"), at(disk, "name")));
    await failsWith("EPERM", () => disk.fileSystem.link(makeDirectory(disk, "directory"), at(disk, "name")));
    equal(disk.fileSystem.stat(at(disk, "name")), undefined);
  },

  "removeFile removes a file, and never a directory": async (disk) => {
    const path = makeFile(disk, "file");
    disk.fileSystem.removeFile(path);
    equal(disk.fileSystem.stat(path), undefined);
    await failsWith("ENOENT", () => disk.fileSystem.removeFile(path));
    const directory = makeDirectory(disk, "directory");
    await failsWith(["EISDIR", "EPERM"], () => disk.fileSystem.removeFile(directory));
    equal(disk.fileSystem.stat(directory)?.kind, "directory");
  },

  "a new file has an identity of its own": (disk) => {
    const kept = disk.fileSystem.open(makeFile(disk, "file"), "read");
    disk.fileSystem.removeFile(at(disk, "file"));
    // Not at the same name: that may not be free before the last handle is closed.
    ok(!isSameFile(disk.fileSystem.stat(makeFile(disk, "other")), kept.stat()));
    kept.close();
  },

  "a new file is another one than any that is gone, whatever inode it got": async (disk) => {
    const { fileSystem } = disk;
    const path = makeFile(disk, "file");
    const gone = fileSystem.stat(path)!;
    fileSystem.removeFile(path);
    fileSystem.fsyncDirectorySync(disk.directory);
    // Birth times are as fine as the kernel's clock, which ticks 100 times a second or more.
    await sleep(15);
    const found = fileSystem.stat(makeFile(disk, "file"));
    // Where no birth time is told nothing can be promised.
    if (gone.identity.split(":").length > 2) ok(!isSameFile(found, gone));
  },

  "whatever is done to a file, it stays the same one": async (disk) => {
    const { fileSystem } = disk;
    const path = makeFile(disk, "file", "abc");
    const before = fileSystem.stat(path);
    const file = fileSystem.open(path, "append");
    for (let change = 0; change < 3; change++) {
      await sleep(15);
      file.append(new Uint8Array(1), 0, 1);
      file.fsyncSync();
      ok(isSameFile(fileSystem.stat(path), before));
    }
    file.truncate(0);
    fileSystem.link(path, at(disk, "second"));
    fileSystem.rename(path, at(disk, "third"));
    ok(isSameFile(file.stat(), before));
    ok(isSameFile(fileSystem.stat(at(disk, "third")), file.stat()));
    file.close();
  },

  "a unique suffix is letters and digits, and never comes again": (disk) => {
    const suffixes = Array.from({ length: 1000 }, () => disk.fileSystem.uniqueSuffix());
    for (const suffix of suffixes) match(suffix, /^[0-9A-Za-z]+$/);
    equal(new Set(suffixes).size, suffixes.length);
  },

  "requireDirectory tells a directory from what is none": async (disk) => {
    const { fileSystem } = disk;
    fileSystem.requireDirectory?.(makeDirectory(disk, "directory"));
    if (!fileSystem.requireDirectory) return;
    await failsWith("ENOENT", () => fileSystem.requireDirectory?.(at(disk, "missing")));
    await failsWith("ENOTDIR", () => fileSystem.requireDirectory?.(makeFile(disk, "file")));
  },

  "free bytes are told of a directory, and of nothing else": async (disk) => {
    const { fileSystem } = disk;
    if (!fileSystem.freeBytes) return;
    equal(fileSystem.freeBytes(makeDirectory(disk, "directory")) >= 0, true);
    await failsWith("ENOENT", () => fileSystem.freeBytes?.(at(disk, "missing")));
  },

  "a link is shown as a link, and followed by realPath alone": async (disk) => {
    if (!disk.makeLink) return;
    const { fileSystem } = disk;
    const file = makeFile(disk, "file", "kept");
    const link = linkTo(disk, file, "link");
    equal(fileSystem.stat(link)?.kind, "link");
    equal(fileSystem.realPath(link), fileSystem.realPath(file));
    equal(fileSystem.readLink?.(link) ?? file, file);
    for (const mode of ["read", "append"] as const)
      await failsWith("ELOOP", () => fileSystem.open(link, mode));
    await failsWith("EEXIST", () => fileSystem.open(link, "create"));
    await failsWith("ELOOP", () => fileSystem.lock(link, "owner"));
    await failsWith("ELOOP", () => fileSystem.lockState(link));
    equal(textOf(disk, file), "kept");
  },

  "a link to a directory is not gone through": async (disk) => {
    if (!disk.makeLink) return;
    const { fileSystem } = disk;
    const link = linkTo(disk, makeDirectory(disk, "directory"), "link");
    await failsWith(["ELOOP", "ENOTDIR"], () => fileSystem.list(link));
    await failsWith(["ELOOP", "ENOTDIR"], () => fileSystem.fsyncDirectory(link));
    await failsWith(["ELOOP", "ENOTDIR"], () => fileSystem.fsyncDirectorySync(link));
    await failsWith("EEXIST", () => fileSystem.makeDirectory(link));
    await failsWith("ENOTDIR", () => fileSystem.removeDirectory(link));
  },

  "a link that leads nowhere takes its name all the same": async (disk) => {
    if (!disk.makeLink) return;
    const { fileSystem } = disk;
    const link = linkTo(disk, at(disk, "missing"), "link");
    await failsWith("EEXIST", () => fileSystem.open(link, "create"));
    await failsWith("EEXIST", () => fileSystem.link(makeFile(disk, "file"), link));
    await failsWith("ENOENT", () => fileSystem.realPath(link));
    equal(fileSystem.stat(at(disk, "missing")), undefined);
  },

  "rename and removeFile act on a link, not on what it leads to": (disk) => {
    if (!disk.makeLink) return;
    const { fileSystem } = disk;
    const file = makeFile(disk, "file", "kept");
    fileSystem.removeFile(linkTo(disk, file, "removed"));
    const replaced = linkTo(disk, file, "replaced");
    fileSystem.rename(makeFile(disk, "new"), replaced);
    equal(fileSystem.stat(replaced)?.kind, "file");
    fileSystem.rename(linkTo(disk, file, "moved"), at(disk, "there"));
    equal(fileSystem.stat(at(disk, "there"))?.kind, "link");
    equal(textOf(disk, file), "kept");
  },
};

function linkTo(disk: ConformanceDisk, target: string, name: string): string {
  const path = at(disk, name);
  disk.makeLink?.(target, path);
  return path;
}
