import { dirname, join, resolve } from "node:path";
import { parseStoreName } from "@datawal/record-log/internal";
import { type DirectoryEntry, nodeFileSystem } from "@datawal/safeatomic";

const SHOWN_MAX = 3;

/**
 * What to try instead of a path where no store is: the store that the path leads into, those near it, or the last
 * directory of it that exists.
 */
export function suggestStores(path: string): string {
  const named = resolve(path);
  const directory = nearestDirectory(named);
  if (isStore(directory)) return `did you mean ${directory}?`;
  if (entries(directory) === undefined)
    return `${directory} exists and may not be listed: check the path, and your rights`;
  const within = storesIn(directory);
  // Where the directory itself was named, what was meant may stand beside it.
  const stores = within.length === 0 && directory === named ? storesIn(dirname(directory)) : within;
  if (stores.length === 0) return `${directory} exists and holds no store: check the path`;
  const more = stores.length > SHOWN_MAX ? `, and ${stores.length - SHOWN_MAX} more` : "";
  return `did you mean ${stores.slice(0, SHOWN_MAX).join(", ")}${more}?`;
}

function nearestDirectory(path: string): string {
  for (let at = path; ; at = dirname(at)) {
    if (nodeFileSystem.stat(at)?.kind === "directory" || at === dirname(at)) return at;
  }
}

/** The directories in a directory that hold a segment; none where it may not be listed. */
function storesIn(directory: string): string[] {
  return (entries(directory) ?? [])
    .filter(({ kind }) => kind === "directory")
    .map(({ name }) => join(directory, name))
    .filter(isStore)
    .sort();
}

function isStore(directory: string): boolean {
  return entries(directory)?.some(({ name }) => parseStoreName(name).kind === "segment") === true;
}

function entries(directory: string): DirectoryEntry[] | undefined {
  try {
    return nodeFileSystem.list(directory);
  } catch {
    // Whatever keeps us out of a directory, nothing of it can be suggested.
    return undefined;
  }
}
