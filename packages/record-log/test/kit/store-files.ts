import { join } from "node:path";
import type { FileSystem } from "@datawal/safeatomic";
import { readFully } from "@datawal/safeatomic/internal";
import { createSimulatedDisk, type SimulatedDisk } from "@datawal/safeatomic/testing";
import { QUARANTINE_HEADER_LEN } from "../../src/internal.js";
import { sameBytes } from "./frames.js";

/** The files of one directory: name to content. */
export type Files = Record<string, Uint8Array>;

/** Where the tests' store lies, unless they say otherwise. */
export const STORE = "/store";

/** A simulated disk on which {@link STORE} has these files, all durable. */
export function diskWith(files: Files): SimulatedDisk {
  const disk = createSimulatedDisk();
  disk.makeDirectory(STORE);
  disk.fsyncDirectorySync("/");
  writeFiles(disk, files);
  return disk;
}

/** Adds files to a directory, durably; replaces those of the same name. */
export function writeFiles(fileSystem: FileSystem, files: Files, directory = STORE): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    if (fileSystem.stat(path)) fileSystem.removeFile(path);
    const file = fileSystem.open(path, "create");
    file.append(content, 0, content.length);
    file.fsyncSync();
    file.close();
  }
  fileSystem.fsyncDirectorySync(directory);
}

/** Gives a file that stays the same one another content. */
export function overwriteFile(fileSystem: FileSystem, name: string, content: Uint8Array): void {
  const file = fileSystem.open(join(STORE, name), "append");
  file.truncate(0);
  file.append(content, 0, content.length);
  file.fsyncSync();
  file.close();
}

export function removeFile(fileSystem: FileSystem, name: string, directory = STORE): void {
  fileSystem.removeFile(join(directory, name));
  fileSystem.fsyncDirectorySync(directory);
}

/** Every regular file of a directory but the lock file, whose text changes with every open. */
export function filesOf(fileSystem: FileSystem, directory = STORE): Files {
  const files: Files = {};
  for (const { name, kind } of fileSystem.list(directory)) {
    if (kind === "file" && name !== ".lock") files[name] = readFile(fileSystem, name, directory);
  }
  return files;
}

/** As {@link filesOf}, the lock file included. */
export function allFilesOf(fileSystem: FileSystem, directory = STORE): Files {
  const lock = fileSystem.stat(join(directory, ".lock")) && {
    ".lock": readFile(fileSystem, ".lock", directory),
  };
  return { ...filesOf(fileSystem, directory), ...lock };
}

export function readFile(fileSystem: FileSystem, name: string, directory = STORE): Uint8Array {
  const file = fileSystem.open(join(directory, name), "read");
  const content = new Uint8Array(file.stat().size);
  readFully(file, content, 0, content.length, 0);
  file.close();
  return content;
}

export function sameFiles(a: Files, b: Files): boolean {
  const names = Object.keys(a).sort();
  return (
    names.join() === Object.keys(b).sort().join() && names.every((name) => sameBytes(a[name]!, b[name]!))
  );
}

/** What a quarantine file keeps: the bytes behind its header. */
export function keptBytes(file: Uint8Array): Uint8Array {
  return file.subarray(QUARANTINE_HEADER_LEN);
}
