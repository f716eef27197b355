import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type FileSystem, nodeFileSystem } from "@datawal/safeatomic";
import { treeOf } from "../../failing-calls/disk-tree.js";
import type { ChangingDisk } from "../changes.js";

/** The real disk below a directory, under the names that the simulated one has. */
export function realDisk(root: string): ChangingDisk {
  const real = (path: string) => join(root, path);
  const shown = (path: string) => path.slice(root.length) || "/";
  const node = nodeFileSystem;
  const disk: FileSystem = {
    open: (path, mode, permissions) => node.open(real(path), mode, permissions),
    stat: (path) => node.stat(real(path)),
    list: (path) => node.list(real(path)),
    realPath: (path) => shown(node.realPath(real(path))),
    makeDirectory: (path) => node.makeDirectory(real(path)),
    rename: (from, to) => node.rename(real(from), real(to)),
    link: (existing, created) => node.link(real(existing), real(created)),
    removeFile: (path) => node.removeFile(real(path)),
    removeDirectory: (path) => node.removeDirectory(real(path)),
    fsyncDirectory: (path) => node.fsyncDirectory(real(path)),
    fsyncDirectorySync: (path) => node.fsyncDirectorySync(real(path)),
    lock: (path, owner) => node.lock(real(path), owner),
    lockState: (path) => node.lockState(real(path)),
    uniqueSuffix: () => node.uniqueSuffix(),
  };
  return { ...disk, outside: (_, make) => make(disk) };
}

/** Puts down what a simulated disk holds. */
export function putDown(simulated: FileSystem, root: string): void {
  for (const [path, bytes] of Object.entries(treeOf(simulated))) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), bytes);
  }
}
