import { TextDecoder } from "node:util";
import type { Bytes, RecordType } from "@datawal/format";
import type { LogPosition } from "@datawal/record-log";
import { CodedError, type CodedErrorOf, type FactsOf, type Told } from "@datawal/safeatomic";
import { codeGiver, hasCode } from "@datawal/safeatomic/internal";
import type { BadLineReason } from "./jsonl/line.js";
import type { SchemaIssue } from "./standard-schema.js";

/** What a copy does not share with the store it was made of. */
export interface StoreDifference {
  /** Live keys of the store that the copy lacks. */
  missing: number;
  /** Live keys of the copy that the store lacks. */
  extra: number;
  /** Keys that are live in both, with other bytes for a value. */
  different: number;
  /** Of all these the first, in the order of the keys' bytes. */
  firstKey: Bytes | undefined;
  /** Raw records of the store: a copy made of live pairs lacks them. */
  rawRecords: number;
}

/** What is told beside each code of this package. `line` counts from 1. */
const CODES = {
  // A caller's mistake: a TypeError or a RangeError.
  ERR_DATAWAL_NOT_A_CODEC: {} as Told<{ option: string; actual: unknown }>,
  ERR_DATAWAL_NOT_A_STRING: {} as Told<{ actual: unknown }>,
  ERR_DATAWAL_NOT_JSON: {} as Told<{ actual: unknown }>,
  ERR_DATAWAL_NOT_VALID: {} as Told<{ issues: readonly SchemaIssue[] }>,
  ERR_DATAWAL_NOT_A_PATH: {} as Told<{ argument: string; actual: unknown }>,
  ERR_DATAWAL_BAD_OPERATION: {} as Told<{ actual: unknown }>,
  ERR_DATAWAL_BAD_IMPORT_SOURCE: {} as Told<{ actual: string }>,
  ERR_DATAWAL_BAD_REPLACEMENT: {} as Told<{ path: string; actual: string }>,
  // What the store, a file or the handle is like: a DataWalError.
  /** The record that the key directory names is not the Put of that key. */
  ERR_DATAWAL_RECORD_MISMATCH: {} as Told<
    LogPosition & { path: string; key: Bytes; actualKey: Bytes; actualType: RecordType }
  >,
  /** The key directory, of `keydirBytes` bytes, has no room for another key. */
  ERR_DATAWAL_TOO_MANY_KEYS: {} as Told<{ keys: number; keydirBytes: number }>,
  /** The codec refused stored bytes; `cause` is what it threw. */
  ERR_DATAWAL_DECODE_FAILED: {} as Told<{ path: string; what: "key" | "value"; key: Bytes }>,
  /** An import came upon a line that no export writes. */
  ERR_DATAWAL_BAD_LINE: {} as Told<{ line: number; reason: BadLineReason; recordsImported: number }>,
  /** An import could not go on reading its source or writing the store; `cause` is why. */
  ERR_DATAWAL_IMPORT_FAILED: {} as Told<{ line: number; recordsImported: number }>,
  /** The store holds files that a swap would have to remove and may not. */
  ERR_DATAWAL_SWAP_REFUSED: {} as Told<{ path: string; found: string[] }>,
  /** What lies at `STORE.old` was not left there by a swap with this replacement. */
  ERR_DATAWAL_OLD_STORE_PRESENT: {} as Told<{ path: string; oldPath: string }>,
  /** `found` is verifyLog's verdict, or that there is no segment. */
  ERR_DATAWAL_REPLACEMENT_DAMAGED: {} as Told<{ path: string; found: string }>,
  /** The replacement does not hold exactly the live pairs of the store, or that holds Raw records, too. */
  ERR_DATAWAL_REPLACEMENT_DIFFERS: {} as Told<{ path: string; store: string } & StoreDifference>,
  /** The store that is to be replaced is not whole: nobody can tell what a copy of it must hold. */
  ERR_DATAWAL_SOURCE_DAMAGED: {} as Told<{ path: string; found: string }>,
  /** The replacement is in place; making that durable, or removing the old store, failed. */
  ERR_DATAWAL_SWAP_INCOMPLETE: {} as Told<{ path: string; oldPath: string }>,
};

export type DataWalErrorFacts = FactsOf<typeof CODES>;

export type DataWalErrorCode = keyof DataWalErrorFacts;

/** An error of this package with its code and the facts of that code as fields. */
export type DataWalErrorOf<C extends DataWalErrorCode> = CodedErrorOf<DataWalErrorFacts, C>;

/** Every error of this package but a caller's mistake. Tell them apart by `code`, with {@link isDataWalError}. */
export class DataWalError<C extends DataWalErrorCode = DataWalErrorCode> extends CodedError<
  DataWalErrorFacts,
  C
> {
  override readonly name = "DataWalError";
}

/** Gives a caller's mistake its code and facts. */
export const withCode = codeGiver<DataWalErrorFacts>();

/**
 * Tells whether an error is one of this package, by its code: two copies of the package agree, which `instanceof`
 * would not. A caller's mistake counts too.
 *
 * @param code When given, only this code counts, and the type narrows to its facts.
 */
export function isDataWalError<C extends DataWalErrorCode = DataWalErrorCode>(
  error: unknown,
  code?: C,
): error is DataWalErrorOf<C> {
  return hasCode(CODES, error, code);
}

const SHOWN_KEY_BYTES_MAX = 48;

/** A key for people: as a JSON string where it is UTF-8, else its bytes in hexadecimal; cut where it is long. */
export function showKey(key: Uint8Array): string {
  const shown = key.subarray(0, SHOWN_KEY_BYTES_MAX);
  const ellipsis = shown.length < key.length ? "..." : "";
  try {
    return JSON.stringify(new TextDecoder("utf-8", { fatal: true }).decode(shown)) + ellipsis;
  } catch {
    // Not UTF-8, or cut within a character: any bytes are a legal key.
    return `0x${Buffer.from(shown).toString("hex")}${ellipsis}`;
  }
}
