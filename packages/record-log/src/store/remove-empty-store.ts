import { join } from "node:path";
import type { DirectoryEntry, FileSystem } from "@datawal/safeatomic";
import type { Steps } from "@datawal/safeatomic/internal";
import { DirectoryLock } from "./directory-lock.js";
import { LOCK_NAME, parseStoreName } from "./store-names.js";

/**
 * Removes a store that holds nothing: its lock, segments without a byte, and its directory if asked. Anything else is left as it is.
 * Under its lock: whoever opens it meanwhile is told that it was replaced, or finds none.
 *
 * @param directory Links resolved.
 * @returns Whether it is gone. That is not synced: an empty store that comes back does no harm.
 * @throws RecordLogError ERR_DATAWAL_LOCKED, ERR_DATAWAL_REPLACED; the port's error
 */
export function* removeEmptyStore(
  fileSystem: FileSystem,
  directory: string,
  withDirectory = true,
): Steps<boolean> {
  const lock = yield* DirectoryLock.take(fileSystem, directory);
  try {
    const entries = fileSystem.list(directory);
    if (!entries.every((entry) => isNothing(fileSystem, directory, entry))) return false;
    for (const { name } of entries) if (name !== LOCK_NAME) fileSystem.removeFile(join(directory, name));
    lock.unpin();
    fileSystem.removeFile(lock.path);
    if (withDirectory) fileSystem.removeDirectory(directory);
    return true;
  } finally {
    lock.abandon();
  }
}

function isNothing(fileSystem: FileSystem, directory: string, { name, kind }: DirectoryEntry): boolean {
  const what = parseStoreName(name).kind;
  if (kind !== "file" || (what !== "lock" && what !== "segment")) return false;
  return what === "lock" || fileSystem.stat(join(directory, name))?.size === 0;
}
