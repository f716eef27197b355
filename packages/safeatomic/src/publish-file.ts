import { dirname } from "node:path";
import { afterChange } from "./after-change.js";
import type { FileSystem, OpenFile } from "./file-system.js";
import { fsyncDirectorySteps } from "./fsync-directory.js";
import { ownOptions } from "./own-options.js";
import { errnoOf, isSafeatomicError, SafeatomicError } from "./safeatomic-error.js";
import { type Identified, isSameFile } from "./same-file.js";
import { fsyncFile, type Steps } from "./steps.js";

export interface Publication {
  /** Absolute: the name that the finished file gets. */
  path: string;
  /** Absolute, in the same directory: the name it has while it is written. */
  temporaryPath: string;
  /** The exact mode bits of the file; 0o666 less the umask when absent. */
  permissions?: number | undefined;
  /** Absolute: a file whose owner, group and mode bits it gets, as far as this process may give them. */
  like?: string | undefined;
  /** Whether a file that has the name already is replaced; true when absent. If not, the port's `EEXIST` is thrown. */
  replace?: boolean | undefined;
  /** Whether a file under the temporary name can only be a leftover of ours, and is removed; false when absent. */
  ownsTemporary?: boolean | undefined;
}

/**
 * Writes a file whole, or not at all: under a temporary name opened exclusively, synced, then given its name in one
 * step, the directory synced. On any failure, and when given up, the temporary is removed and no descriptor is left
 * open; after a crash the temporary may remain, with `replace: false` also as a second name of the file.
 *
 * @param write Appends the content; it need not sync or close the file.
 * @returns What `write` returned; the file and its name are durable.
 * @throws {SafeatomicError} ERR_DATAWAL_TEMPORARY_REPLACED: another process took the temporary name for its own
 *   meanwhile; nothing has been published.
 * @throws {SafeatomicError} ERR_DATAWAL_CHANGE_NOT_DURABLE: the file has its name, but something behind that failed.
 * @throws The port's error, or what `write` threw: nothing has been published. `EEXIST` for the temporary name if
 *   something stands there that is not ours, or for `path` if it is not to be replaced.
 */
export function* publishFile<T>(
  fileSystem: FileSystem,
  given: Publication,
  write: (file: OpenFile) => Steps<T>,
): Steps<T> {
  const publication = ownOptions(given);
  const { path, temporaryPath, replace = true } = publication;
  fileSystem.requireDirectory?.(dirname(path));
  const written = yield* writeTemporary(fileSystem, publication, write);
  try {
    if (!isSameFile(fileSystem.stat(temporaryPath), written)) throw temporaryReplaced(temporaryPath);
    if (replace) fileSystem.rename(temporaryPath, path);
    else fileSystem.link(temporaryPath, path);
  } catch (error) {
    if (!isSafeatomicError(error, "ERR_DATAWAL_TEMPORARY_REPLACED")) discard(fileSystem, temporaryPath);
    throw error;
  }
  yield* afterChange(path, function* () {
    if (!replace) removeTwin(fileSystem, temporaryPath);
    yield* fsyncDirectorySteps(fileSystem, dirname(path));
  });
  return written.result;
}

interface Written<T> extends Identified {
  result: T;
}

/** Writes and syncs the temporary; removes it if that fails. */
function* writeTemporary<T>(
  fileSystem: FileSystem,
  { temporaryPath, permissions, like, ownsTemporary }: Publication,
  write: (file: OpenFile) => Steps<T>,
): Steps<Written<T>> {
  if (ownsTemporary && fileSystem.stat(temporaryPath)) fileSystem.removeFile(temporaryPath);
  const file = fileSystem.open(temporaryPath, "create", permissions);
  let isWritten = false;
  try {
    const written = yield* writeAndClose(file, write, like, permissions);
    isWritten = true;
    return written;
  } finally {
    if (!isWritten) discard(fileSystem, temporaryPath);
  }
}

function* writeAndClose<T>(
  file: OpenFile,
  write: (file: OpenFile) => Steps<T>,
  like: string | undefined,
  permissions: number | undefined,
): Steps<Written<T>> {
  try {
    // Before there is content: a group that is not meant to read it never can.
    const mode = like === undefined ? permissions : (file.copyOwner?.(like) ?? permissions);
    const result = yield* write(file);
    if (mode !== undefined) restoreMode(file, mode);
    yield* fsyncFile(file);
    const { size, identity } = file.stat();
    // The sync may have been the longest wait of all: the last moment to give up is behind it.
    yield { kind: "progress", bytesDone: size, bytesTotal: size };
    return { result, identity };
  } finally {
    file.close();
  }
}

/** A write and a change of owner take setuid and setgid away. */
function restoreMode(file: OpenFile, mode: number): void {
  if (file.stat().mode === mode) return;
  try {
    file.chmod?.(mode);
  } catch (error) {
    // The file is another's by now, and this process may give files away but not set their bits.
    if (errnoOf(error) !== "EPERM") throw error;
  }
}

/** Only somebody who holds the same temporary name for their own removes it: it is theirs now, and half written. */
function temporaryReplaced(path: string): SafeatomicError {
  const message = `${path}: expected the file that was just written there, found another or none; see that only one process at a time writes to this directory, then try again`;
  return new SafeatomicError("ERR_DATAWAL_TEMPORARY_REPLACED", message, { path });
}

/** Somebody who knows it as a leftover of ours may have been faster. */
function removeTwin(fileSystem: FileSystem, temporaryPath: string): void {
  try {
    fileSystem.removeFile(temporaryPath);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}

function discard(fileSystem: FileSystem, temporaryPath: string): void {
  try {
    fileSystem.removeFile(temporaryPath);
  } catch {
    // The failure that led here is the one to tell; a temporary that cannot be removed has a name that says what it is.
  }
}
