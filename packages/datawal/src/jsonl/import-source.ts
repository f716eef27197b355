import { resolve } from "node:path";
import { inspect } from "node:util";
import type { FileSystem, OpenFile } from "@datawal/safeatomic";
import { type Steps, waitFor } from "@datawal/safeatomic/internal";
import { withCode } from "../data-wal-error.js";

/** What an import draws from an iterable: a string is one line, bytes are a chunk of a file, cut anywhere. */
export type ImportChunk = string | Uint8Array;

/** A path, or lines or chunks of bytes. */
export type ImportSource = string | Iterable<ImportChunk> | AsyncIterable<ImportChunk>;

/** A source being drawn from. */
export type OpenSource = SourceProgress &
  (
    | { isAsync: false; iterator: Iterator<ImportChunk> }
    | { isAsync: true; iterator: AsyncIterator<ImportChunk> }
  );

interface SourceProgress {
  /** Bytes of all chunks together, where they are known. */
  bytesTotal?: number | undefined;
}

/**
 * @throws TypeError ERR_DATAWAL_BAD_IMPORT_SOURCE
 * @throws The port's error, for a path.
 */
export function openSource(fileSystem: FileSystem, source: ImportSource): OpenSource {
  if (typeof source === "string") return openFile(fileSystem, resolve(source));
  if (typeof source === "object" && source !== null && !ArrayBuffer.isView(source)) {
    if (Symbol.asyncIterator in source) return { isAsync: true, iterator: source[Symbol.asyncIterator]() };
    if (Symbol.iterator in source) return { isAsync: false, iterator: source[Symbol.iterator]() };
  }
  throw badSource("a path, or an iterable of lines or chunks of bytes", inspect(source, { depth: 0 }));
}

/** A link is followed, as any other program would. */
function openFile(fileSystem: FileSystem, path: string): OpenSource {
  const realPath = fileSystem.realPath(path);
  const bytesTotal = fileSystem.stat(realPath)?.size;
  return { isAsync: false, iterator: new FileChunks(fileSystem.open(realPath, "read")), bytesTotal };
}

/**
 * Draws the next chunk, waiting where the source makes it wait.
 *
 * @param signal Ends that wait, also if the source never answers.
 * @param failed Makes the error to be thrown of what the source threw.
 */
export function* draw(
  source: OpenSource,
  signal: AbortSignal | undefined,
  failed: (cause: unknown) => unknown,
): Steps<IteratorResult<ImportChunk>> {
  if (!source.isAsync) return nextNow(source.iterator, failed);
  return yield* waitFor(
    () => unlessAborted(nextLater(source.iterator, failed), signal),
    () => {
      throw badSource("a source that need not be waited for", "an async iterable; use importJsonl");
    },
  );
}

function nextNow<T>(iterator: Iterator<T>, failed: (cause: unknown) => unknown): IteratorResult<T> {
  try {
    return iterator.next();
  } catch (cause) {
    throw failed(cause);
  }
}

async function nextLater<T>(
  iterator: AsyncIterator<T>,
  failed: (cause: unknown) => unknown,
): Promise<IteratorResult<T>> {
  try {
    return await iterator.next();
  } catch (cause) {
    throw failed(cause);
  }
}

/**
 * Tells a source that no more is drawn, because the import failed: why is told to the caller, and what the source makes
 * of it is not, as with `for`. An asynchronous source may never answer, so that is not waited for.
 */
export async function release(source: OpenSource): Promise<void> {
  try {
    await source.iterator.return?.();
  } catch {
    // See above.
  }
}

/** @param expected and actual: what an import can draw from, and what it was given. */
export function badSource(expected: string, actual: string): Error {
  const mistake = new TypeError(`datawal: importJsonl expected ${expected}, got ${actual}`);
  return withCode(mistake, "ERR_DATAWAL_BAD_IMPORT_SOURCE", { actual });
}

/** At most this much of a file at once: some milliseconds of work. */
const CHUNK_BYTES = 32 * 1024;

/** The chunks of a file, each a view that is valid until the next. Closes the file at its end. */
class FileChunks implements Iterator<Uint8Array> {
  readonly #file: OpenFile;
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #offset = 0;

  constructor(file: OpenFile) {
    this.#file = file;
  }

  next(): IteratorResult<Uint8Array> {
    const byteCount = this.#file.readAt(this.#chunk, 0, CHUNK_BYTES, this.#offset);
    if (byteCount === 0) return this.return();
    this.#offset += byteCount;
    return { done: false, value: this.#chunk.subarray(0, byteCount) };
  }

  return(): IteratorResult<Uint8Array> {
    this.#file.close();
    return { done: true, value: undefined };
  }
}

async function unlessAborted<T>(pending: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return pending;
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort);
  });
  try {
    if (signal.aborted) onAbort();
    return await Promise.race([pending, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
