import { join } from "node:path";
import type { FileSystem } from "@datawal/safeatomic";

/** Where a workload works. */
export interface Place {
  mountPoint: string;
  /** Below a directory whose name must last as well. */
  store: string;
  /** What is made beside it. */
  target: string;
  /** The disk's port: an honest one, one that leaves something out, or one beside another program. */
  fileSystem: FileSystem;
}

export function placeOn(mountPoint: string, fileSystem: FileSystem): Place {
  const store = join(mountPoint, "stores/store");
  return { mountPoint, store, target: join(mountPoint, "stores/target"), fileSystem };
}
