import { type FileSystem, nodeFileSystem, type OpenFile } from "@datawal/safeatomic";
import { withSyncs } from "../power-cut/writer/ports.js";

/** The real disk, but that one asynchronous sync of a file says that it is done and does nothing: the n-th, from 1. */
export function omittingSync(number: number): FileSystem {
  let count = 0;
  const isOmitted = () => ++count === number;
  return {
    ...nodeFileSystem,
    open: (path, mode, permissions) => omitting(nodeFileSystem.open(path, mode, permissions), isOmitted),
  };
}

function omitting(file: OpenFile, isOmitted: () => boolean): OpenFile {
  return withSyncs(
    file,
    async () => {
      if (!isOmitted()) await file.fsync();
    },
    () => file.fsyncSync(),
  );
}
