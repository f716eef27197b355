import type { FileSystem } from "@datawal/safeatomic";
import { wrappingOpenFiles } from "./open-file-wrapper.js";

export interface DisciplinedFileSystem {
  fileSystem: FileSystem;
  /** What broke rule R2 so far; each was also thrown where it happened. */
  violations: string[];
}

/**
 * Watches that syncs keep disk-rules R2 on each open file: no two `fsync` overlap, `fsync` and `fsyncSync` are not
 * mixed, nothing is closed under a `fsync`.
 */
export function withSyncDiscipline(inner: FileSystem): DisciplinedFileSystem {
  const violations: string[] = [];
  const violated = (what: string): never => {
    violations.push(what);
    throw new Error(what);
  };
  const fileSystem = wrappingOpenFiles(inner, (file, path) => {
    let pending = 0;
    let kind: "fsync" | "fsyncSync" | undefined;
    const use = (used: "fsync" | "fsyncSync") => {
      if (pending > 0) violated(`${used} while fsync is pending: ${path}`);
      if (kind !== undefined && kind !== used) violated(`${used} on a file that had ${kind}: ${path}`);
      kind = used;
    };
    return {
      fsync: async () => {
        use("fsync");
        pending++;
        await file.fsync().finally(() => pending--);
      },
      fsyncSync: () => {
        use("fsyncSync");
        file.fsyncSync();
      },
      close: () => {
        if (pending > 0) violated(`close while fsync is pending: ${path}`);
        file.close();
      },
    };
  });
  return { fileSystem, violations };
}
