import type { FileStat, FileSystem, OpenFile } from "./file-system.js";
import type { Steps } from "./steps.js";

type OpenMode = Parameters<FileSystem["open"]>[1];

/** Opens a file for as long as `use` takes. */
export function useFile<T>(
  fileSystem: FileSystem,
  path: string,
  mode: OpenMode,
  use: (file: OpenFile) => T,
): T {
  const file = fileSystem.open(path, mode);
  try {
    return use(file);
  } finally {
    file.close();
  }
}

/** As {@link useFile}, for a use that takes steps. */
export function* useFileSteps<T>(
  fileSystem: FileSystem,
  path: string,
  mode: OpenMode,
  use: (file: OpenFile) => Steps<T>,
): Steps<T> {
  const file = fileSystem.open(path, mode);
  try {
    return yield* use(file);
  } finally {
    file.close();
  }
}

/**
 * What is found when a file is opened for writing: of a file that was just made, which another one may have replaced
 * by the time it is opened by its name; and on an overlay of the copy that opening has made, not of the original.
 */
export function openedStat(fileSystem: FileSystem, path: string, mode: "append" | "create"): FileStat {
  return useFile(fileSystem, path, mode, (file) => file.stat());
}
