import { basename, dirname, join, resolve } from "node:path";
import type { FileStat, FileSystem } from "./file-system.js";
import { errnoOf, notAFile, SafeatomicError } from "./safeatomic-error.js";

/** A file that is to be written, and what stands there now. */
export interface WriteTarget {
  /** Absolute; no part of it is a link. */
  path: string;
  existing: FileStat | undefined;
}

/**
 * Where the bytes written to a path go. A link at the path is followed, as any other write would, so that the link
 * stays and the file it points at gets the bytes.
 *
 * @param path Relative paths start at the current directory.
 * @throws {SafeatomicError} ERR_DATAWAL_NOT_A_FILE, ERR_DATAWAL_DANGLING_LINK
 */
export function writeTarget(fileSystem: FileSystem, path: string): WriteTarget {
  const named = realName(fileSystem, path);
  const found = fileSystem.stat(named);
  if (!found) return { path: named, existing: undefined };
  const target = resolveLink(fileSystem, named, found);
  const existing = target === named ? found : fileSystem.stat(target);
  if (existing && existing.kind !== "file") throw notAFile(target, existing.kind);
  return { path: target, existing };
}

/** The absolute path of a name, links resolved in all but the name itself. */
export function realName(fileSystem: FileSystem, path: string): string {
  const absolute = resolve(path);
  return join(fileSystem.realPath(dirname(absolute)), basename(absolute));
}

/** As many as Linux follows. */
const LINKS_MAX = 40;

/**
 * Where a path leads, every link resolved, also where nothing stands there, or not at this moment.
 *
 * @param path Relative paths start at the current directory.
 * @throws The port's error: `ENOENT` where a directory on the way is missing, `ELOOP`
 */
export function realPlace(fileSystem: FileSystem, path: string): string {
  let place = realName(fileSystem, path);
  for (let links = 0; fileSystem.stat(place)?.kind === "link"; links++) {
    // Which says of too many that it does not come to an end.
    if (!fileSystem.readLink || links === LINKS_MAX) return fileSystem.realPath(place);
    place = realName(fileSystem, resolve(dirname(place), fileSystem.readLink(place)));
  }
  return place;
}

/** The place a path leads to: another one only where a link was found there. */
export function resolveLink(fileSystem: FileSystem, path: string, found: FileStat): string {
  if (found.kind !== "link") return path;
  try {
    return fileSystem.realPath(path);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    throw new SafeatomicError(
      "ERR_DATAWAL_DANGLING_LINK",
      `${path}: expected a link that leads somewhere, but what it points at is missing; make that, or remove the link`,
      { path },
      error,
    );
  }
}
