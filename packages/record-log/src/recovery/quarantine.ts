import { join } from "node:path";
import { type FileSystem, publishFile, type Steps } from "@datawal/safeatomic";
import { copyRange, type FileRange, isZeroRange, rangesEqual } from "../file-range.js";
import { quarantineName, temporaryName } from "../store-names.js";
import type { Damage } from "./inspection.js";

/**
 * Keeps the bytes behind the valid prefix in a file of their own, durably, before they are cut.
 *
 * @returns The file's path; `undefined` where the bytes are all zero, which are not worth keeping. A file that an
 * interrupted repair left with the same bytes is found again, not doubled.
 */
export function* quarantineTail(
  fileSystem: FileSystem,
  directory: string,
  damage: Pick<Damage, "segment" | "path" | "offset" | "bytes">,
): Steps<string | undefined> {
  const file = fileSystem.open(damage.path, "read");
  try {
    const tail: FileRange = { file, path: damage.path, offset: damage.offset, byteCount: damage.bytes };
    if (yield* isZeroRange(tail)) return undefined;
    for (let attempt = 0; ; attempt++) {
      const name = quarantineName(damage.segment, damage.offset, attempt);
      const path = join(directory, name);
      if (fileSystem.stat(path) === undefined) {
        const temporaryPath = join(directory, temporaryName(name));
        yield* publishFile(fileSystem, { path, temporaryPath, ownsTemporary: true }, (kept) =>
          copyRange(tail, kept),
        );
        return path;
      }
      if (yield* holdsSameBytes(fileSystem, path, tail)) return path;
    }
  } finally {
    file.close();
  }
}

function* holdsSameBytes(fileSystem: FileSystem, path: string, tail: FileRange): Steps<boolean> {
  const stat = fileSystem.stat(path);
  if (stat?.kind !== "file" || stat.size !== tail.byteCount) return false;
  const file = fileSystem.open(path, "read");
  try {
    return yield* rangesEqual(tail, { file, path, offset: 0, byteCount: tail.byteCount });
  } finally {
    file.close();
  }
}
