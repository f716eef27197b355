import { basename, dirname, isAbsolute, join, parse, resolve, sep } from "node:path";
import type { FileStat, FileSystem } from "./file-system.js";
import { notAFile, SafeatomicError } from "./safeatomic-error.js";

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
 * @throws {SafeatomicError} ERR_DATAWAL_NOT_A_FILE, ERR_DATAWAL_DANGLING_LINK, ERR_DATAWAL_FOREIGN_LINK
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
  const directory = dirname(absolute);
  const real = fileSystem.realPath(directory);
  return join(real === directory ? real : followLinks(fileSystem, directory), basename(absolute));
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
  const place = followLinks(fileSystem, path);
  if (fileSystem.stat(place)) return place;
  const message = `${path}: expected a link that leads somewhere, but what it points at is missing; make that, or remove the link`;
  throw new SafeatomicError("ERR_DATAWAL_DANGLING_LINK", message, { path });
}

/** Where an absolute path leads, link by link, as long as each may be followed. */
function followLinks(fileSystem: FileSystem, path: string): string {
  if (!fileSystem.readLink) return fileSystem.realPath(path);
  let place = parse(path).root;
  const rest = path.slice(place.length).split(sep);
  for (let links = 0; rest.length > 0; ) {
    const next = join(place, rest.shift()!);
    const found = fileSystem.stat(next);
    if (found?.kind !== "link") {
      place = next;
      continue;
    }
    if (++links > LINKS_MAX) return fileSystem.realPath(path);
    requireTrusted(fileSystem, place, next, found);
    const target = fileSystem.readLink(next);
    const { root } = parse(target);
    rest.unshift(...target.slice(root.length).split(sep));
    if (isAbsolute(target)) place = root;
  }
  return place;
}

/** Bits of a directory in which everybody makes names, and each removes only their own: /tmp. */
const STICKY_FOR_ALL = 0o1002;

/**
 * The kernel's rule (Linux, fs.protected_symlinks), which is often off and never asked where a path is resolved link by
 * link: in such a directory only links of this user and of the directory's owner are followed.
 */
function requireTrusted(fileSystem: FileSystem, directory: string, path: string, link: FileStat): void {
  const { mode, owner } = fileSystem.stat(directory)!;
  const isOpenToAll = (mode & STICKY_FOR_ALL) === STICKY_FOR_ALL && link.owner !== undefined;
  if (!isOpenToAll || link.owner === owner || link.owner === process.geteuid?.()) return;
  const message = `${path}: expected a link of your own, or of the owner of its directory, which everybody may write to, found one of user ${link.owner}; nothing was changed: name another path`;
  throw new SafeatomicError("ERR_DATAWAL_FOREIGN_LINK", message, { path });
}
