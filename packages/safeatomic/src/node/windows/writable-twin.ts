import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { systemError } from "../../system-error.js";

/**
 * Opens a file a second time, with the right to write anywhere in it: FlushFileBuffers asks for that, and a handle for
 * appending cannot cut the file.
 */
export function writableTwin(descriptor: number, path: string): number {
  const twin = openSync(path, constants.O_RDWR);
  const isSame = fstatSync(twin, { bigint: true }).ino === fstatSync(descriptor, { bigint: true }).ino;
  if (isSame) return twin;
  closeSync(twin);
  throw systemError("ENOENT", `${path}: the open file has lost its name`);
}
