import type { OpenFile } from "./file-system.js";

/**
 * Reads until `byteCount` bytes are there or the file ends.
 *
 * @param targetOffset In bytes from the start of `target`, which has room for `byteCount` bytes behind it.
 * @param fileOffset In bytes from the start of the file.
 * @returns The bytes read: fewer than `byteCount` only where the file ended.
 * @throws The port's error.
 */
export function readFully(
  file: Pick<OpenFile, "readAt">,
  target: Uint8Array,
  targetOffset: number,
  byteCount: number,
  fileOffset: number,
): number {
  let done = 0;
  while (done < byteCount) {
    const count = file.readAt(target, targetOffset + done, byteCount - done, fileOffset + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}
