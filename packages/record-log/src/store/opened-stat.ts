import type { FileStat, FileSystem } from "@datawal/safeatomic";

/**
 * What is found when a file is opened for writing: of a file that was just made, which another one may have replaced
 * by the time it is opened by its name; and on an overlay of the copy that opening has made, not of the original.
 */
export function openedStat(fileSystem: FileSystem, path: string, mode: "append" | "create"): FileStat {
  const file = fileSystem.open(path, mode);
  try {
    return file.stat();
  } finally {
    file.close();
  }
}
