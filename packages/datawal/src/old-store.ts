import { join } from "node:path";
import { inodeOf, parseStoreName } from "@datawal/record-log";
import { type DirectoryEntry, type FileSystem, fsyncDirectorySteps, type Steps } from "@datawal/safeatomic";

/**
 * The mark that a swap leaves in the store it replaces: an empty file whose name says by which inode. Only this tells a
 * STORE.old that is ours to remove from one that somebody keeps as a backup. The device's number is left out: it may
 * change when it is mounted again.
 */
const MARK = /^\.replaced-by-\S+$/;

function markName(fileSystem: FileSystem, successor: string): string {
  return `.replaced-by-${inodeOf(fileSystem.stat(successor)?.identity ?? "")}`;
}

/** Marks a store, durably, as replaced by the directory `successor`. */
export function* markReplaced(fileSystem: FileSystem, store: string, successor: string): Steps<void> {
  const path = join(store, markName(fileSystem, successor));
  if (!fileSystem.stat(path)) fileSystem.open(path, "create").close();
  yield* fsyncDirectorySteps(fileSystem, store);
}

/** Takes the marks off a store that stays where it is. */
export function unmark(fileSystem: FileSystem, store: string): void {
  for (const { name } of fileSystem.list(store))
    if (MARK.test(name)) fileSystem.removeFile(join(store, name));
}

/** Whether an old store was replaced by `successor`; also where nothing is left in it but its lock. */
export function isReplacedBy(fileSystem: FileSystem, oldStore: string, successor: string): boolean {
  if (fileSystem.stat(oldStore)?.kind !== "directory") return false;
  const names = fileSystem.list(oldStore).map(({ name }) => name);
  return (
    names.includes(markName(fileSystem, successor)) ||
    names.every((name) => parseStoreName(name).kind === "lock")
  );
}

/** Names in a store that {@link removeOldStore} does not remove. */
export function unremovableNames(fileSystem: FileSystem, store: string): string[] {
  const kept = fileSystem.list(store).filter((entry) => !isLogFile(entry) && !MARK.test(entry.name));
  return kept.map(({ name }) => name).sort();
}

/** Removes an old store: the files of its log, and the mark once their removal is durable. */
export function* removeOldStore(fileSystem: FileSystem, oldStore: string): Steps<void> {
  for (const entry of fileSystem.list(oldStore))
    if (isLogFile(entry)) fileSystem.removeFile(join(oldStore, entry.name));
  yield* fsyncDirectorySteps(fileSystem, oldStore);
  unmark(fileSystem, oldStore);
  fileSystem.removeDirectory(oldStore);
}

/** Not a quarantine file: those are never removed by us (disk-rules R4). */
function isLogFile({ name, kind }: DirectoryEntry): boolean {
  return kind === "file" && ["lock", "segment", "journal", "temporary"].includes(parseStoreName(name).kind);
}
