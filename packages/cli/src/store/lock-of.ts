import { join, resolve } from "node:path";
import { findStoreDirectory, parseStoreName, storeIoError } from "@datawal/record-log/internal";
import { type FileSystem, type LockState, nodeFileSystem } from "@datawal/safeatomic";
import { readStore } from "./open-store.js";
import { noStore } from "./store-failure.js";

/** Whether somebody holds a store's lock, told without taking it. @throws Failure: there is no store */
export function lockOf(store: string): Promise<LockState> {
  return readStore(store, () => {
    try {
      return lockIn(nodeFileSystem, store);
    } catch (error) {
      throw storeIoError(error, "look at", resolve(store));
    }
  });
}

function lockIn(fileSystem: FileSystem, store: string): LockState {
  const directory = findStoreDirectory(fileSystem, resolve(store));
  const names = fileSystem.list(directory).map(({ name }) => name);
  const ofKind = (kind: string) => names.find((name) => parseStoreName(name).kind === kind);
  if (ofKind("segment") === undefined) throw noStore(store, "a directory without one");
  const lockName = ofKind("lock");
  if (lockName === undefined) return { state: "free", owner: "" };
  return fileSystem.lockState(join(directory, lockName));
}
