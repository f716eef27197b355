import { join } from "node:path";
import { isHollow, parseStoreName, swapMarkName } from "@datawal/record-log/internal";
import type { DirectoryEntry, FileStat, FileSystem } from "@datawal/safeatomic";
import { fsyncDirectorySteps, isSameFile, type Steps } from "@datawal/safeatomic/internal";
import { isQuarantine } from "./move-quarantine.js";

/** In a mark: the device's number is left out, since it may change when it is mounted again. */
function markOf(successor: FileStat): string {
  return swapMarkName(successor.identity.split(":").slice(1).join("-"));
}

/** Whether the name is that of a mark, and names this directory. */
function isMarkOf(name: string, { identity }: FileStat): boolean {
  const parsed = parseStoreName(name);
  if (parsed.kind !== "swap-mark") return false;
  const [device] = identity.split(":");
  return isSameFile({ identity: `${device}:${parsed.successor.replace("-", ":")}` }, { identity });
}

function isMark(name: string): boolean {
  return parseStoreName(name).kind === "swap-mark";
}

/** Marks a store, durably, as replaced by the directory `successor`. */
export function* markReplaced(fileSystem: FileSystem, store: string, successor: string): Steps<void> {
  // Those of swaps that were given up: one may name a directory that is long gone, and whose inode another has got.
  unmark(fileSystem, store);
  fileSystem.open(join(store, markOf(fileSystem.stat(successor)!)), "create").close();
  yield* fsyncDirectorySteps(fileSystem, store);
}

/** Takes the marks off a store that stays where it is. */
export function unmark(fileSystem: FileSystem, store: string): void {
  for (const { name } of fileSystem.list(store)) if (isMark(name)) fileSystem.removeFile(join(store, name));
}

/** Whether an old store was replaced by `successor`; also where nothing is left in it but its lock. */
export function isReplacedBy(fileSystem: FileSystem, oldStore: string, successor: string): boolean {
  if (fileSystem.stat(oldStore)?.kind !== "directory") return false;
  if (isHollow(fileSystem, oldStore)) return true;
  const found = fileSystem.stat(successor);
  return found !== undefined && fileSystem.list(oldStore).some(({ name }) => isMarkOf(name, found));
}

/** Names in a store that a swap neither moves nor removes. */
export function unremovableNames(fileSystem: FileSystem, store: string): string[] {
  const kept = fileSystem
    .list(store)
    .filter((entry) => !isLogFile(entry) && !isMark(entry.name) && !isQuarantine(entry));
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

function isLogFile({ name, kind }: DirectoryEntry): boolean {
  return kind === "file" && LOG_FILES.has(parseStoreName(name).kind);
}

const LOG_FILES: ReadonlySet<string> = new Set([
  "lock",
  "segment",
  "removed-segments",
  "checkpoint",
  "journal",
  "temporary",
]);
