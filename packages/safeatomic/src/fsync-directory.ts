import { resolve } from "node:path";
import { fileOperation } from "./file-operation.js";
import type { FileSystem } from "./file-system.js";
import { knownOptions } from "./known-options.js";
import { nodeFileSystem } from "./node/node-file-system.js";
import { runInTurn } from "./run-in-turn.js";
import { errnoOf, notADirectory } from "./safeatomic-error.js";
import { runSync, type Steps, waitFor } from "./steps.js";
import { FILE_OPTIONS, type FileOptions } from "./write-options.js";

/**
 * Makes the names in a directory durable: those that were made, renamed or removed there.
 *
 * @param path Relative paths start at the current directory; links are followed.
 * @returns `unsupported` where this file system cannot sync directories (Windows): that is no error.
 * @throws {SafeatomicError} ERR_DATAWAL_FILE_IO, ERR_DATAWAL_NOT_A_DIRECTORY
 */
export function fsyncDir(path: string, options: FileOptions = {}): Promise<"synced" | "unsupported"> {
  return runInTurn(fsyncDirSteps(path, options), options);
}

/** {@link fsyncDir}, on this thread. */
export function fsyncDirSync(path: string, options: FileOptions = {}): "synced" | "unsupported" {
  return runSync(fsyncDirSteps(path, options), options);
}

function fsyncDirSteps(path: string, options: FileOptions): Steps<"synced" | "unsupported"> {
  const { fileSystem = nodeFileSystem } = knownOptions(options, FILE_OPTIONS);
  return fileOperation("fsyncDir", path, options, function* () {
    const directory = fileSystem.realPath(resolve(path));
    const kind = fileSystem.stat(directory)?.kind;
    if (kind !== undefined && kind !== "directory") throw notADirectory(directory, kind);
    return yield* fsyncDirectorySteps(fileSystem, directory);
  });
}

/** What file systems say that cannot sync a directory; Windows says `EPERM`. */
const UNSUPPORTED: ReadonlySet<string | undefined> = new Set(["EINVAL", "ENOTSUP", "EPERM"]);

/**
 * Syncs a directory: its entries are durable.
 *
 * @param path Absolute, and not a link.
 * @returns `unsupported` where this file system cannot sync directories.
 * @throws The port's error for anything else; `EIO` is never taken for `unsupported`.
 */
export function* fsyncDirectorySteps(fileSystem: FileSystem, path: string): Steps<"synced" | "unsupported"> {
  try {
    yield* waitFor(
      () => fileSystem.fsyncDirectory(path),
      () => fileSystem.fsyncDirectorySync(path),
    );
    return "synced";
  } catch (error) {
    if (UNSUPPORTED.has(errnoOf(error))) return "unsupported";
    throw error;
  }
}
