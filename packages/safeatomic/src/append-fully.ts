import type { OpenFile } from "./file-system.js";
import { SafeatomicError } from "./safeatomic-error.js";

/** Node refuses a write of 2 GiB and more, and Linux cuts it short. */
const WRITE_BYTES_MAX = 2 ** 30;

/**
 * Appends all of the bytes, or throws. A short count is continued once: the kernel tells why a write was short only
 * when the next one is tried (Node returns the short count of a full disk without an error).
 *
 * @param offset In bytes from the start of `bytes`; 0 when absent.
 * @param count In bytes; all behind `offset` when absent.
 * @throws {SafeatomicError} ERR_DATAWAL_SHORT_WRITE: both writes were short, and neither said why.
 * @throws The port's error. As with a short write, the first bytes may be at the end of the file.
 */
export function appendFully(
  file: OpenFile,
  bytes: Uint8Array,
  offset = 0,
  count = bytes.length - offset,
): void {
  for (let done = 0; done < count || done === 0; done += WRITE_BYTES_MAX) {
    const wanted = Math.min(WRITE_BYTES_MAX, count - done);
    let appended = file.append(bytes, offset + done, wanted);
    if (appended < wanted) appended += file.append(bytes, offset + done + appended, wanted - appended);
    if (appended < wanted) throw shortWrite(count, done + appended);
  }
}

/**
 * Appends all parts as one gathered write, or throws; as {@link appendFully}.
 *
 * @param parts At most 1,024.
 */
export function appendPartsFully(file: OpenFile, parts: readonly Uint8Array[]): void {
  const count = parts.reduce((sum, part) => sum + part.length, 0);
  let appended = file.appendParts(parts);
  if (appended < count) appended += file.appendParts(partsFrom(parts, appended));
  if (appended < count) throw shortWrite(count, appended);
}

/** Views of what the parts hold behind their first `offset` bytes. */
function partsFrom(parts: readonly Uint8Array[], offset: number): Uint8Array[] {
  const rest: Uint8Array[] = [];
  let skip = offset;
  for (const part of parts) {
    if (skip < part.length) rest.push(part.subarray(skip));
    skip = Math.max(0, skip - part.length);
  }
  return rest;
}

function shortWrite(expected: number, actual: number): SafeatomicError {
  const message = `append: expected ${expected} bytes to be written, but two writes took ${actual} and gave no reason; check the free space and the limit of file sizes (ulimit -f)`;
  return new SafeatomicError("ERR_DATAWAL_SHORT_WRITE", message, { expected, actual });
}
