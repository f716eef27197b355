import { dirname, join, resolve } from "node:path";
import { type DirectoryEntry, nodeFileSystem } from "@datawal/safeatomic";

const SHOWN_MAX = 3;

/** What to try instead of a path where no store is: the stores near it, or the last directory of it that exists. */
export function suggestStores(path: string): string {
  const directory = nearestDirectory(resolve(path));
  const stores = storesIn(directory);
  if (stores === undefined)
    return `${directory} exists and may not be listed: check the path, and your rights`;
  if (stores.length === 0) return `${directory} exists and holds no store: check the path`;
  const more = stores.length > SHOWN_MAX ? `, and ${stores.length - SHOWN_MAX} more` : "";
  return `did you mean ${stores.slice(0, SHOWN_MAX).join(", ")}${more}?`;
}

function nearestDirectory(path: string): string {
  for (let at = path; ; at = dirname(at)) {
    if (nodeFileSystem.stat(at)?.kind === "directory" || at === dirname(at)) return at;
  }
}

/** The directories in a directory that hold a segment; `undefined` where it may not be listed. */
function storesIn(directory: string): string[] | undefined {
  return entries(directory)
    ?.filter(({ kind }) => kind === "directory")
    .map(({ name }) => join(directory, name))
    .filter((child) => entries(child)?.some(({ name }) => /^\d{8}\.dwal$/.test(name)))
    .sort();
}

function entries(directory: string): DirectoryEntry[] | undefined {
  try {
    return nodeFileSystem.list(directory);
  } catch {
    // Whatever keeps us out of a directory, nothing of it can be suggested.
    return undefined;
  }
}
