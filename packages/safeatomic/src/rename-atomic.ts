import { dirname } from "node:path";
import { afterChange } from "./after-change.js";
import { fileOperation } from "./file-operation.js";
import type { FileSystem } from "./file-system.js";
import { fsyncDirectorySteps } from "./fsync-directory.js";
import { knownOptions } from "./known-options.js";
import { nodeFileSystem } from "./node/node-file-system.js";
import { realName } from "./real-path.js";
import { runInTurn } from "./run-in-turn.js";
import { fsyncFile, runSync, type Steps } from "./steps.js";
import { useFileSteps } from "./use-file.js";
import { FILE_OPTIONS, type FileOptions } from "./write-options.js";

/**
 * Gives a file or a directory another name, durably: what it holds is synced first, so that the new name never leads
 * to lost content, then both directories are. A file that has the new name is replaced in one step.
 *
 * A power cut half way through may leave the file under both names, never under neither.
 *
 * Links are not followed: a link is renamed, and a link that has the new name is replaced. Of a directory its own
 * entries are synced, not the files below it.
 *
 * @param from Relative paths start at the current directory.
 * @param to On the same file system; its directory must exist.
 * @param options `signal` counts until the rename is made.
 * @throws {SafeatomicError} ERR_DATAWAL_FILE_IO: nothing was renamed
 * @throws {SafeatomicError} ERR_DATAWAL_CHANGE_NOT_DURABLE: renamed, but a power cut may undo it
 */
export function renameAtomic(from: string, to: string, options: FileOptions = {}): Promise<void> {
  return runInTurn(renameAtomicSteps(from, to, options), options);
}

/** {@link renameAtomic}, on this thread. */
export function renameAtomicSync(from: string, to: string, options: FileOptions = {}): void {
  runSync(renameAtomicSteps(from, to, options), options);
}

function renameAtomicSteps(from: string, to: string, options: FileOptions): Steps<void> {
  const { fileSystem = nodeFileSystem } = knownOptions(options, FILE_OPTIONS);
  return fileOperation("renameAtomic", from, options, () => renameDurably(fileSystem, from, to));
}

function* renameDurably(fileSystem: FileSystem, from: string, to: string): Steps<void> {
  const source = realName(fileSystem, from);
  const target = realName(fileSystem, to);
  const directories = new Set([dirname(target), dirname(source)]);
  for (const directory of directories) fileSystem.requireDirectory?.(directory);
  yield* fsyncContent(fileSystem, source);
  yield { kind: "progress", bytesDone: 0, bytesTotal: 0 };
  fileSystem.rename(source, target);
  // The new name first: a crash between the two leaves both rather than neither.
  for (const directory of directories) {
    yield* afterChange(target, () => fsyncDirectorySteps(fileSystem, directory));
  }
}

function* fsyncContent(fileSystem: FileSystem, path: string): Steps<void> {
  const kind = fileSystem.stat(path)?.kind;
  if (kind === "directory") yield* fsyncDirectorySteps(fileSystem, path);
  if (kind === "file") yield* useFileSteps(fileSystem, path, "read", fsyncFile);
}
