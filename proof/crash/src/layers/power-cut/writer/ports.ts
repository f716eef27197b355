import { closeSync, constants, fdatasync, fdatasyncSync, openSync } from "node:fs";
import { promisify } from "node:util";
import { type FileSystem, nodeFileSystem, type OpenFile } from "@datawal/safeatomic";
import type { Port } from "./order.js";

const NOTHING_SYNC = () => undefined;
const NOTHING = async () => undefined;

/** Disks that leave something out, to see which file system forgives it, and that the laboratory notices. */
export const PORTS: Record<Port, FileSystem> = {
  honest: nodeFileSystem,
  "copies-not-synced": nodeFileSystem,
  "torn-groups": nodeFileSystem,
  "no-fsync": {
    ...nodeFileSystem,
    open: (path, mode, permissions) =>
      withSyncs(nodeFileSystem.open(path, mode, permissions), NOTHING, NOTHING_SYNC),
    fsyncDirectory: NOTHING,
    fsyncDirectorySync: NOTHING_SYNC,
  },
  "no-directory-fsync": {
    ...nodeFileSystem,
    fsyncDirectory: NOTHING,
    fsyncDirectorySync: NOTHING_SYNC,
  },
  fdatasync: {
    ...nodeFileSystem,
    open: (path, mode, permissions) =>
      withSyncs(
        nodeFileSystem.open(path, mode, permissions),
        () => dataSync(path),
        () => dataSyncSync(path),
      ),
  },
};

export function withSyncs(file: OpenFile, fsync: () => Promise<void>, fsyncSync: () => void): OpenFile {
  return {
    readAt: (...args) => file.readAt(...args),
    append: (...args) => file.append(...args),
    appendParts: (parts) => file.appendParts(parts),
    truncate: (size) => file.truncate(size),
    stat: () => file.stat(),
    close: () => file.close(),
    fsync,
    fsyncSync,
  };
}

const fdatasyncOf = promisify(fdatasync);

/** The port does not show its descriptor; a sync of any descriptor of the file writes all of its data. */
async function dataSync(path: string): Promise<void> {
  const descriptor = openSync(path, constants.O_RDWR);
  try {
    await fdatasyncOf(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function dataSyncSync(path: string): void {
  const descriptor = openSync(path, constants.O_RDWR);
  try {
    fdatasyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
