import { join } from "node:path";
import { parseStoreName, quarantineDirectoryName } from "@datawal/record-log/internal";
import type { DirectoryEntry, FileSystem } from "@datawal/safeatomic";
import { fsyncDirectorySteps, type Steps } from "@datawal/safeatomic/internal";

/** A quarantine file, or a directory of them that an earlier swap has brought. */
export function isQuarantine({ name, kind }: DirectoryEntry): boolean {
  return parseStoreName(name).kind === (kind === "file" ? "quarantine" : "quarantine-directory");
}

/**
 * Moves what a replaced store has in quarantine into its successor, durably: nothing of it is ever removed by us
 * (disk-rules R4). Its files go to a directory of their own, since they were cut off none of the successor's segments.
 *
 * Stopped anywhere and begun again, it leaves each file in one place; a directory more may come of it.
 */
export function* moveQuarantine(fileSystem: FileSystem, oldStore: string, successor: string): Steps<void> {
  yield* gatherFiles(fileSystem, oldStore);
  const directories = directoriesIn(fileSystem, oldStore);
  if (directories.length === 0) return;
  let number = nextNumber(fileSystem, successor);
  for (const name of directories) {
    const path = join(oldStore, name);
    // Made by a move that was stopped.
    if (fileSystem.list(path).length === 0) fileSystem.removeDirectory(path);
    else fileSystem.rename(path, join(successor, quarantineDirectoryName(number++)));
  }
  yield* fsyncDirectorySteps(fileSystem, successor);
}

/** In a new directory each time: in an older one, a file of the same name may be kept. */
function* gatherFiles(fileSystem: FileSystem, store: string): Steps<void> {
  const files = fileSystem.list(store).filter((entry) => entry.kind === "file" && isQuarantine(entry));
  if (files.length === 0) return;
  const directory = join(store, quarantineDirectoryName(nextNumber(fileSystem, store)));
  fileSystem.makeDirectory(directory);
  // Or a power cut might keep the files in a directory that nothing leads to.
  yield* fsyncDirectorySteps(fileSystem, store);
  for (const { name } of files) fileSystem.rename(join(store, name), join(directory, name));
  yield* fsyncDirectorySteps(fileSystem, directory);
}

/** In the order of their numbers. */
function directoriesIn(fileSystem: FileSystem, store: string): string[] {
  const names = fileSystem.list(store).flatMap((entry) => (isDirectory(entry) ? entry.name : []));
  return names.sort((a, b) => numberOf(a) - numberOf(b));
}

function nextNumber(fileSystem: FileSystem, store: string): number {
  const numbers = fileSystem.list(store).map(({ name }) => numberOf(name));
  return Math.max(0, ...numbers) + 1;
}

function isDirectory(entry: DirectoryEntry): boolean {
  return entry.kind === "directory" && isQuarantine(entry);
}

function numberOf(name: string): number {
  const parsed = parseStoreName(name);
  return parsed.kind === "quarantine-directory" ? parsed.number : 0;
}
