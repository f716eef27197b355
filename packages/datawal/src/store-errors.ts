import { storeIoError } from "@datawal/record-log/internal";
import type { Steps } from "@datawal/safeatomic/internal";

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
