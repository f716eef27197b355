import { resolve } from "node:path";
import { fsyncDirectorySteps } from "./durable-directory.js";
import { fileOperation } from "./file-operation.js";
import { nodeFileSystem } from "./node/node-file-system.js";
import { ownOptions } from "./own-options.js";
import { runInTurn } from "./run-in-turn.js";
import { notADirectory } from "./safeatomic-error.js";
import { runSync, type Steps } from "./steps.js";
import type { FileOptions } from "./write-options.js";

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
  const { fileSystem = nodeFileSystem } = ownOptions(options);
  return fileOperation("fsyncDir", path, options, function* () {
    const directory = fileSystem.realPath(resolve(path));
    const kind = fileSystem.stat(directory)?.kind;
    if (kind !== undefined && kind !== "directory") throw notADirectory(directory, kind);
    return yield* fsyncDirectorySteps(fileSystem, directory);
  });
}
