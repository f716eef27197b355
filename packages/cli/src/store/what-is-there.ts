import { resolve } from "node:path";
import { isRecordLogError } from "@datawal/record-log";
import { findStoreDirectory, parseStoreName, storeIoError } from "@datawal/record-log/internal";
import { nodeFileSystem } from "@datawal/safeatomic";
import { readStore } from "./open-store.js";

/**
 * What stands where a store is to be changed. To a writer a directory without segments is where one is to be made; to a
 * person it is most often a wrong path.
 *
 * @throws Failure: it cannot be looked at, or is no directory; only STORE.old is there
 */
export function whatIsThere(store: string): Promise<"a store" | "a directory without one" | "nothing"> {
  return readStore(store, () => {
    try {
      const directory = findStoreDirectory(nodeFileSystem, resolve(store));
      const names = nodeFileSystem.list(directory);
      const isStore = names.some(({ name }) => parseStoreName(name).kind === "segment");
      return isStore ? "a store" : "a directory without one";
    } catch (error) {
      if (isRecordLogError(error, "ERR_DATAWAL_STORE_NOT_FOUND")) return "nothing";
      throw storeIoError(error, "look at", resolve(store));
    }
  });
}
