import type { FileSystem } from "./file-system.js";
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

/** A file's content: a string means its UTF-8. */
export type FileData = Uint8Array | string;

/** The bytes of the content; a view of those that came as bytes. */
export function fileBytes(data: FileData): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (typeof data !== "string") {
    const actual = data === null ? "null" : typeof data;
    const mistake = new TypeError(`data: expected a Uint8Array or a string, got ${actual}`);
    throw withCode(mistake, "ERR_DATAWAL_DATA_NOT_BYTES", { actual });
  }
  if (data.isWellFormed()) return new TextEncoder().encode(data);
  const mistake = new TypeError(
    "data: expected a well-formed string, got one with a lone surrogate, which has no UTF-8; pass bytes, or data.toWellFormed()",
  );
  throw withCode(mistake, "ERR_DATAWAL_DATA_MALFORMED_STRING", {});
}
