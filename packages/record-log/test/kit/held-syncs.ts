import type { FileSystem } from "@datawal/safeatomic";
import { wrappingOpenFiles } from "./open-file-wrapper.js";

/** An asynchronous sync of a file that waits to be told how it ends. */
export interface HeldSync {
  path: string;
  /** Lets the disk do it; resolves when whoever waits for it has been told. */
  succeed(): Promise<void>;
  fail(errno: string): Promise<void>;
}

export interface SyncHoldingFileSystem {
  fileSystem: FileSystem;
  /** Those under way or over, in order. */
  syncs: HeldSync[];
  /** From here on asynchronous file syncs are held; before, they pass. */
  hold(): void;
}

/** A disk whose asynchronous file syncs end when the test says so. */
export function withHeldSyncs(inner: FileSystem): SyncHoldingFileSystem {
  const syncs: HeldSync[] = [];
  let isHolding = false;
  const fileSystem = wrappingOpenFiles(inner, (file, path) => ({
    fsync: () => {
      if (!isHolding) return file.fsync();
      return new Promise<void>((resolve, reject) => {
        const succeed = async () => {
          await file.fsync();
          resolve();
          await turnOfEventLoop();
          await turnOfEventLoop();
        };
        const fail = (errno: string) => {
          reject(Object.assign(new Error(`${errno}: a held sync`), { code: errno }));
          return turnOfEventLoop().then(turnOfEventLoop);
        };
        syncs.push({ path, succeed, fail });
      });
    },
  }));
  const hold = () => {
    isHolding = true;
  };
  return { fileSystem, syncs, hold };
}

export function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
