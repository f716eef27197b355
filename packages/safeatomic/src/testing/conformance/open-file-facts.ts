import { equal, notEqual } from "node:assert/strict";
import { at, failsWith, makeDirectory, makeFile, textOf } from "./disk-verbs.js";
import type { Facts } from "./facts.js";

const bytes = (text: string) => new TextEncoder().encode(text);

/** What the contract says of open files. */
export const openFileFacts: Facts = {
  "a created file is empty": (disk) => {
    const path = makeFile(disk, "file", "");
    equal(textOf(disk, path), "");
    equal(disk.fileSystem.stat(path)?.size, 0);
  },

  "create fails with EEXIST where a file or a directory has the name, and changes neither": async (disk) => {
    const file = makeFile(disk, "file", "kept");
    const directory = makeDirectory(disk, "directory");
    await failsWith("EEXIST", () => disk.fileSystem.open(file, "create"));
    await failsWith("EEXIST", () => disk.fileSystem.open(directory, "create"));
    equal(textOf(disk, file), "kept");
    equal(disk.fileSystem.stat(directory)?.kind, "directory");
  },

  "open fails with ENOENT where nothing is, and ENOTDIR or ENOENT below a file": async (disk) => {
    const file = makeFile(disk, "file");
    for (const mode of ["read", "append"] as const) {
      await failsWith("ENOENT", () => disk.fileSystem.open(at(disk, "missing"), mode));
    }
    await failsWith("ENOENT", () => disk.fileSystem.open(at(disk, "missing/file"), "create"));
    await failsWith(["ENOTDIR", "ENOENT"], () => disk.fileSystem.open(`${file}/file`, "create"));
  },

  "open fails with ERR_DATAWAL_NOT_A_FILE on a directory": async (disk) => {
    const path = makeDirectory(disk, "directory");
    await failsWith("ERR_DATAWAL_NOT_A_FILE", () => disk.fileSystem.open(path, "read"));
    await failsWith("ERR_DATAWAL_NOT_A_FILE", () => disk.fileSystem.open(path, "append"));
  },

  "a created file has exactly the permissions asked for": (disk) => {
    for (const permissions of [0o600, 0o640, 0o666]) {
      const path = at(disk, permissions.toString(8));
      disk.fileSystem.open(path, "create", permissions).close();
      if (disk.hasPermissionBits ?? true) equal(disk.fileSystem.stat(path)?.mode, permissions);
    }
  },

  "append writes the given range of the source and returns its length": (disk) => {
    const file = disk.fileSystem.open(at(disk, "file"), "create");
    equal(file.append(bytes("abcdef"), 2, 3), 3);
    equal(file.append(bytes("abcdef"), 0, 0), 0);
    file.close();
    equal(textOf(disk, at(disk, "file")), "cde");
  },

  "append writes at the end of what is there, whoever wrote it": (disk) => {
    const path = makeFile(disk, "file", "old");
    const first = disk.fileSystem.open(path, "append");
    const second = disk.fileSystem.open(path, "append");
    first.append(bytes("-first"), 0, 6);
    second.append(bytes("-second"), 0, 7);
    first.append(bytes("-third"), 0, 6);
    first.close();
    second.close();
    equal(textOf(disk, path), "old-first-second-third");
  },

  "appendParts writes the parts one after another, empty ones too": (disk) => {
    const file = disk.fileSystem.open(at(disk, "file"), "create");
    equal(file.appendParts([bytes("ab"), bytes(""), bytes("cde")]), 5);
    equal(file.appendParts([]), 0);
    equal(file.appendParts(Array.from({ length: 1024 }, () => bytes("x"))), 1024);
    file.close();
    equal(textOf(disk, at(disk, "file")), `abcde${"x".repeat(1024)}`);
  },

  "readAt reads at an offset, and stops at the end of the file": (disk) => {
    const file = disk.fileSystem.open(makeFile(disk, "file", "abcdef"), "read");
    const target = bytes("..........");
    equal(file.readAt(target, 1, 3, 2), 3);
    equal(new TextDecoder().decode(target), ".cde......");
    equal(file.readAt(target, 5, 5, 4), 2);
    equal(new TextDecoder().decode(target), ".cde.ef...");
    equal(file.readAt(target, 0, 5, 6), 0);
    equal(file.readAt(target, 0, 5, 600), 0);
    file.close();
  },

  "what one handle has written another reads at once": (disk) => {
    const path = makeFile(disk, "file", "");
    const writer = disk.fileSystem.open(path, "append");
    const reader = disk.fileSystem.open(path, "read");
    writer.append(bytes("new"), 0, 3);
    equal(reader.readAt(new Uint8Array(9), 0, 9, 0), 3);
    equal(reader.stat().size, 3);
    reader.close();
    writer.close();
  },

  "a handle opened for writing reads too, and one opened for reading does not write": async (disk) => {
    const path = makeFile(disk, "file", "kept");
    const writer = disk.fileSystem.open(path, "append");
    equal(writer.readAt(new Uint8Array(9), 0, 9, 0), 4);
    writer.close();
    const reader = disk.fileSystem.open(path, "read");
    await failsWith(["EBADF", "EPERM"], () => reader.append(bytes("x"), 0, 1));
    await failsWith(["EBADF", "EPERM"], () => reader.appendParts([bytes("x")]));
    await failsWith(["EINVAL", "EBADF"], () => reader.truncate(0));
    reader.close();
    equal(textOf(disk, path), "kept");
  },

  "truncate cuts the end off, and what is appended then stands there": (disk) => {
    const path = makeFile(disk, "file", "abcdef");
    const file = disk.fileSystem.open(path, "append");
    file.truncate(2);
    equal(file.stat().size, 2);
    file.append(bytes("xy"), 0, 2);
    file.close();
    equal(textOf(disk, path), "abxy");
  },

  "truncate never makes a file longer": async (disk) => {
    const path = makeFile(disk, "file", "abc");
    const file = disk.fileSystem.open(path, "append");
    await failsWith("EINVAL", () => file.truncate(4));
    file.truncate(3);
    file.close();
    equal(textOf(disk, path), "abc");
  },

  "a handle shows the identity, kind and size that its path shows": (disk) => {
    const path = makeFile(disk, "file", "abc");
    const file = disk.fileSystem.open(path, "read");
    const { kind, size, mode, identity } = file.stat();
    const found = disk.fileSystem.stat(path);
    file.close();
    equal(`${kind} ${size} ${mode} ${identity}`, `file 3 ${found?.mode} ${found?.identity}`);
    notEqual(identity, disk.fileSystem.stat(makeFile(disk, "other"))?.identity);
  },

  "a handle keeps its file when the name is given to another, unless that is refused": async (disk) => {
    const path = makeFile(disk, "file", "old");
    const kept = disk.fileSystem.open(path, "read");
    const other = makeFile(disk, "new", "newer");
    // On Windows.
    if (!succeeds(() => disk.fileSystem.rename(other, path)))
      await failsWith("EPERM", () => disk.fileSystem.rename(other, path));
    equal(kept.stat().size, 3);
    equal(kept.readAt(new Uint8Array(9), 0, 9, 0), 3);
    kept.close();
    disk.fileSystem.removeFile(path);
  },

  "a handle keeps its file when the name is removed": (disk) => {
    const path = makeFile(disk, "file", "old");
    const kept = disk.fileSystem.open(path, "read");
    disk.fileSystem.removeFile(path);
    equal(kept.stat().size, 3);
    equal(kept.readAt(new Uint8Array(9), 0, 9, 0), 3);
    kept.close();
  },

  "a file can be synced, on this thread and off it, also when open for reading": async (disk) => {
    const path = makeFile(disk, "file");
    for (const mode of ["append", "read"] as const) {
      const file = disk.fileSystem.open(path, mode);
      await file.fsync();
      file.close();
      const other = disk.fileSystem.open(path, mode);
      other.fsyncSync();
      other.close();
    }
    equal(textOf(disk, path), "file");
  },

  "what is appended while a sync runs is neither lost nor waited for": async (disk) => {
    const path = makeFile(disk, "file", "a");
    const file = disk.fileSystem.open(path, "append");
    const sync = file.fsync();
    file.append(bytes("b"), 0, 1);
    equal(file.stat().size, 2);
    await sync;
    file.close();
    equal(textOf(disk, path), "ab");
  },

  "a closed file fails with EBADF, and can be closed again": async (disk) => {
    const file = disk.fileSystem.open(makeFile(disk, "file"), "append");
    file.close();
    file.close();
    await failsWith("EBADF", () => file.readAt(new Uint8Array(1), 0, 1, 0));
    await failsWith("EBADF", () => file.append(bytes("x"), 0, 1));
    await failsWith("EBADF", () => file.appendParts([bytes("x")]));
    await failsWith("EBADF", () => file.truncate(0));
    await failsWith("EBADF", () => file.fsync());
    await failsWith("EBADF", () => file.fsyncSync());
    await failsWith("EBADF", () => file.stat());
  },

  "a file is not closed under a running sync": async (disk) => {
    const file = disk.fileSystem.open(makeFile(disk, "file"), "append");
    await Promise.all([file.fsync(), failsWith("EBUSY", () => file.close())]);
    equal(file.stat().kind, "file");
    file.close();
  },
};

function succeeds(call: () => void): boolean {
  try {
    call();
    return true;
  } catch {
    return false;
  }
}
