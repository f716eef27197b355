import type { FileStat, FileSystem, OpenFile } from "@datawal/safeatomic";

/** The same disk, on which files are told to be otherwise than they are. */
export function withStats(
  fileSystem: FileSystem,
  change: (stat: FileStat, path: string) => Partial<FileStat>,
): FileSystem {
  const changed = (stat: FileStat, path: string) => ({ ...stat, ...change(stat, path) });
  const open: FileSystem["open"] = (path, ...rest) => {
    const file = fileSystem.open(path, ...rest);
    return over(file, { stat: () => changed(file.stat(), path) });
  };
  const stat: FileSystem["stat"] = (path) => {
    const found = fileSystem.stat(path);
    return found && changed(found, path);
  };
  return over(fileSystem, { open, stat });
}

/** An object with some of its members replaced. */
export function over<T extends FileSystem | OpenFile>(object: T, members: Partial<T>): T {
  return new Proxy(object, {
    get(target, name) {
      if (Object.hasOwn(members, name)) return Reflect.get(members, name);
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

export function replaceFile(fileSystem: FileSystem, path: string, bytes: Uint8Array, mode = 0o600): void {
  if (fileSystem.stat(path)) fileSystem.removeFile(path);
  const file = fileSystem.open(path, "create", mode);
  file.append(bytes, 0, bytes.length);
  file.fsyncSync();
  file.close();
}
