import { TextEncoder, types } from "node:util";
import type { FileSystem } from "./file-system.js";
import type { OptionNames } from "./known-options.js";
import { withCode } from "./safeatomic-error.js";

export interface FileOptions {
  /** Where the work is done; `nodeFileSystem` when absent. */
  fileSystem?: FileSystem | undefined;
  /** Gives the call up, as long as nothing of it can be seen: it fails with `signal.reason`. */
  signal?: AbortSignal | undefined;
}

export interface WriteOptions extends FileOptions {
  /** The exact permission bits of a file that is made, the umask not applied; 0o666 less the umask when absent. */
  mode?: number | undefined;
}

export const FILE_OPTIONS: OptionNames<FileOptions> = { fileSystem: true, signal: true };
export const WRITE_OPTIONS: OptionNames<WriteOptions> = { ...FILE_OPTIONS, mode: true };

/** A file's content: a string means its UTF-8. */
export type FileData = Uint8Array | string;

const typedArray: object = Object.getPrototypeOf(Uint8Array.prototype);
const lengthOf = getterOf<number>("length");
const offsetOf = getterOf<number>("byteOffset");
const bufferOf = getterOf<ArrayBufferLike>("buffer");

function getterOf<T>(name: string): (this: Uint8Array) => T {
  return Object.getOwnPropertyDescriptor(typedArray, name)!.get!;
}

/**
 * The bytes of the content; of those that came as bytes, in whatever realm, a view whose length nothing changes any
 * more: a subclass may have a length of its own, another thread may grow the memory. (As `@datawal/format` does it,
 * which this package stands beside.)
 */
export function fileBytes(data: FileData): Uint8Array {
  if (types.isUint8Array(data)) return fixedView(data);
  if (typeof data !== "string") throw notBytes(data === null ? "null" : typeof data);
  if (data.isWellFormed()) return new TextEncoder().encode(data);
  const mistake = new TypeError(
    "data: expected a well-formed string, got one with a lone surrogate, which has no UTF-8; pass bytes, or data.toWellFormed()",
  );
  throw withCode(mistake, "ERR_DATAWAL_DATA_MALFORMED_STRING", {});
}

function fixedView(bytes: Uint8Array): Uint8Array {
  try {
    // Of these two only the call of a method refuses bytes whose memory is gone; their length is 0.
    Uint8Array.prototype.indexOf.call(bytes, 0, Infinity);
  } catch {
    throw notBytes("bytes whose memory was transferred or cut off");
  }
  return new Uint8Array(bufferOf.call(bytes), offsetOf.call(bytes), lengthOf.call(bytes));
}

function notBytes(actual: string): Error {
  const mistake = new TypeError(`data: expected a Uint8Array or a string, got ${actual}`);
  return withCode(mistake, "ERR_DATAWAL_DATA_NOT_BYTES", { actual });
}
