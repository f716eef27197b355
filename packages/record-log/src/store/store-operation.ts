import type { Steps } from "@datawal/safeatomic/internal";
import { storeIoError } from "../record-log-error.js";

/**
 * One long operation on a store: gives up before it begins if the signal says so, and a failed call of the port becomes
 * an error that says what was being done, and where.
 */
export function* storeOperation<T>(operation: string, path: string, work: () => Steps<T>): Steps<T> {
  try {
    yield { kind: "progress", bytesDone: 0, bytesTotal: 0 };
    return yield* work();
  } catch (error) {
    throw storeIoError(error, operation, path);
  }
}
