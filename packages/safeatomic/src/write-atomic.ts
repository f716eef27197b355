import { appendInPieces, fileOperation } from "./file-operation.js";
import type { FileSystem, OpenFile } from "./file-system.js";
import { knownOptions } from "./known-options.js";
import { nodeFileSystem } from "./node/node-file-system.js";
import { publishFile } from "./publish-file.js";
import { writeTarget } from "./real-path.js";
import { runInTurn } from "./run-in-turn.js";
import { runSync, type Steps } from "./steps.js";
import { temporaryPathFor } from "./temporary-name.js";
import { type FileData, fileBytes, WRITE_OPTIONS, type WriteOptions } from "./write-options.js";

/**
 * Replaces a file's content, or makes the file: whoever reads it sees all of the old content or all of the new,
 * whatever happens. When it resolves, the new content and its name are durable.
 *
 * The bytes are written beside the target under a name of their own (`NAME.SUFFIX.new`), which a failure removes and
 * only a crash can leave behind. The mode bits of an existing file are kept, and its owner and its group where this
 * process may set them; setuid and setgid only with these. A symbolic link is kept: the file it leads to is replaced.
 *
 * @param path Its directory must exist; relative paths start at the current directory.
 * @param data Bytes must not be changed before the promise settles.
 * @param options `mode` is for a file that does not exist yet. After `signal` is aborted the target is as it was.
 * @throws {SafeatomicError} ERR_DATAWAL_FILE_IO, ERR_DATAWAL_SHORT_WRITE, ERR_DATAWAL_NOT_A_FILE,
 *   ERR_DATAWAL_DANGLING_LINK, ERR_DATAWAL_FOREIGN_LINK: the target is as it was
 * @throws {SafeatomicError} ERR_DATAWAL_CHANGE_NOT_DURABLE: the new content is there, but a power cut may undo it
 * @throws {TypeError} ERR_DATAWAL_DATA_NOT_BYTES, ERR_DATAWAL_DATA_MALFORMED_STRING, ERR_DATAWAL_BAD_FILE_OPTION
 */
export function writeAtomic(path: string, data: FileData, options: WriteOptions = {}): Promise<void> {
  return runInTurn(writeAtomicSteps(path, data, options), options);
}

/** {@link writeAtomic}, on this thread. */
export function writeAtomicSync(path: string, data: FileData, options: WriteOptions = {}): void {
  runSync(writeAtomicSteps(path, data, options), options);
}

function* writeAtomicSteps(path: string, data: FileData, options: WriteOptions): Steps<void> {
  const { fileSystem = nodeFileSystem, mode } = knownOptions(options, WRITE_OPTIONS);
  const bytes = fileBytes(data);
  yield* fileOperation("writeAtomic", path, options, () =>
    replaceFile(fileSystem, path, mode, (file) => appendInPieces(file, bytes)),
  );
}

/**
 * {@link writeAtomic} for content that is made as it is written, and for protocols with errors of their own.
 *
 * @param mode The exact permission bits of a file that does not exist yet; 0o666 less the umask when absent.
 * @param write Appends the content.
 * @returns What `write` returned.
 * @throws As {@link publishFile}, and {@link SafeatomicError} ERR_DATAWAL_NOT_A_FILE, ERR_DATAWAL_DANGLING_LINK,
 *   ERR_DATAWAL_FOREIGN_LINK.
 */
export function* replaceFile<T>(
  fileSystem: FileSystem,
  path: string,
  mode: number | undefined,
  write: (file: OpenFile) => Steps<T>,
): Steps<T> {
  const target = writeTarget(fileSystem, path);
  const temporaryPath = temporaryPathFor(fileSystem, target.path);
  const permissions = target.existing?.mode ?? mode;
  const like = target.existing && target.path;
  return yield* publishFile(fileSystem, { path: target.path, temporaryPath, permissions, like }, write);
}
