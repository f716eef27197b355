import { type FileSystem, nodeFileSystem, type OpenFile } from "@datawal/safeatomic";

/** A disk that says that all was written when only a part was: whoever believes it loses what was acknowledged. */
export const hidesShortWrites: FileSystem = {
  ...nodeFileSystem,
  open: (path, mode, permissions) => hideShortWrites(nodeFileSystem.open(path, mode, permissions)),
};

function hideShortWrites(file: OpenFile): OpenFile {
  return {
    readAt: (...args) => file.readAt(...args),
    append: (source, sourceOffset, byteCount) => {
      file.append(source, sourceOffset, byteCount);
      return byteCount;
    },
    appendParts: (parts) => {
      file.appendParts(parts);
      return parts.reduce((sum, { length }) => sum + length, 0);
    },
    truncate: (size) => file.truncate(size),
    fsync: () => file.fsync(),
    fsyncSync: () => file.fsyncSync(),
    stat: () => file.stat(),
    close: () => file.close(),
  };
}
