import { type FormatErrorFacts, isFormatError } from "@datawal/format";
import { isRecordLogError, type RecordLogErrorFacts } from "@datawal/record-log";
import { isSafeatomicError, type SafeatomicErrorFacts } from "@datawal/safeatomic";
import { type DataWalErrorFacts, isDataWalError } from "./data-wal-error.js";

/** From every code that any of these packages throws to the facts that its errors carry. */
export type StoreErrorFacts = FormatErrorFacts &
  SafeatomicErrorFacts &
  RecordLogErrorFacts &
  DataWalErrorFacts;

export type StoreErrorCode = keyof StoreErrorFacts;

/** An error of any of these packages with its code and the facts of that code as fields. */
export type StoreErrorOf<C extends StoreErrorCode> = C extends StoreErrorCode
  ? Error & { readonly code: C } & Readonly<StoreErrorFacts[C]>
  : never;

const PREDICATES: readonly ((error: unknown) => boolean)[] = [
  isDataWalError,
  isRecordLogError,
  isSafeatomicError,
  isFormatError,
];

/**
 * Tells whether an error is one that this package or one below it throws, a caller's mistake included, by its code; what a
 * codec, an iterable or a callback of the caller's has thrown is none. The predicates of the packages, narrower, are
 * {@link isDataWalError}, `isRecordLogError`, `isSafeatomicError` and `isFormatError`.
 *
 * @param code When given, only this code counts, and the type narrows to its facts.
 */
export function isStoreError<C extends StoreErrorCode = StoreErrorCode>(
  error: unknown,
  code?: C,
): error is StoreErrorOf<C> {
  return (
    PREDICATES.some((isOne) => isOne(error)) &&
    (code === undefined || (error as { code: unknown }).code === code)
  );
}
