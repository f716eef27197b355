import type { Steps } from "@datawal/safeatomic/internal";
import { storeIoError } from "../record-log-error.js";
import { Store } from "./store.js";
import { findStoreDirectory } from "./store-directory.js";

/**
 * Runs steps whose port errors reach the caller coded, with a place and an advice.
 *
 * @throws RecordLogError ERR_DATAWAL_STORE_IO for an error of the port; any other as it is
 */
export function* withStoreErrors<T>(operation: string, path: string, work: () => Steps<T>): Steps<T> {
  try {
    return yield* work();
  } catch (error) {
    throw storeIoError(error, operation, path);
  }
}

/** One long operation on a store: as {@link withStoreErrors}, and gives up before it begins if the signal says so. */
export function storeOperation<T>(operation: string, path: string, work: () => Steps<T>): Steps<T> {
  return withStoreErrors(operation, path, function* () {
    yield { kind: "progress", bytesDone: 0, bytesTotal: 0 };
    return yield* work();
  });
}

/** As {@link storeOperation}, on the store that is found at a path. */
export function readOperation<T>(
  operation: string,
  { directory, ...rest }: Pick<Store, "fileSystem" | "crc" | "directory">,
  work: (store: Store) => Steps<T>,
): Steps<T> {
  return storeOperation(operation, directory, () =>
    work(new Store(rest, findStoreDirectory(rest.fileSystem, directory))),
  );
}
