import { TextDecoder } from "node:util";
import type { Bytes, RecordType } from "@datawal/format";
import { printable } from "@datawal/safeatomic/internal";
import type { BadLineReason } from "./jsonl/line.js";

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
export interface DataWalErrorFacts {
  // A caller's mistake: a TypeError or a RangeError.
  ERR_DATAWAL_NOT_A_CODEC: { option: string; actual: unknown };
  ERR_DATAWAL_NOT_A_STRING: { actual: unknown };
  ERR_DATAWAL_NOT_JSON: { actual: unknown };
  ERR_DATAWAL_NOT_A_PATH: { argument: string; actual: unknown };
  ERR_DATAWAL_BAD_OPERATION: { actual: unknown };
  ERR_DATAWAL_BAD_IMPORT_SOURCE: { actual: string };
  ERR_DATAWAL_BAD_REPLACEMENT: { path: string; actual: string };
  // What the store, a file or the handle is like: a DataWalError.
  /** The record that the key directory names is not the Put of that key. */
  ERR_DATAWAL_RECORD_MISMATCH: {
    path: string;
    segment: number;
    offset: number;
    key: Bytes;
    actualKey: Bytes;
    actualType: RecordType;
  };
  /** The key directory, of `keydirBytes` bytes, has no room for another key. */
  ERR_DATAWAL_TOO_MANY_KEYS: { keys: number; keydirBytes: number };
  /** The codec refused stored bytes; `cause` is what it threw. */
  ERR_DATAWAL_DECODE_FAILED: { path: string; what: "key" | "value"; key: Bytes };
  /** An import came upon a line that no export writes. */
  ERR_DATAWAL_BAD_LINE: { line: number; reason: BadLineReason; recordsImported: number };
  /** An import could not go on reading its source or writing the store; `cause` is why. */
  ERR_DATAWAL_IMPORT_FAILED: { line: number; recordsImported: number };
  /** The store holds files that a swap would have to remove and may not. */
  ERR_DATAWAL_SWAP_REFUSED: { path: string; found: string[] };
  /** What lies at `STORE.old` was not left there by a swap with this replacement. */
  ERR_DATAWAL_OLD_STORE_PRESENT: { path: string; oldPath: string };
  /** `found` is verifyLog's verdict, or that there is no segment. */
  ERR_DATAWAL_REPLACEMENT_DAMAGED: { path: string; found: string };
  /** The replacement does not hold exactly the live pairs of the store, or that holds Raw records, too. */
  ERR_DATAWAL_REPLACEMENT_DIFFERS: { path: string; store: string } & StoreDifference;
  /** The store that is to be replaced is not whole: nobody can tell what a copy of it must hold. */
  ERR_DATAWAL_SOURCE_DAMAGED: { path: string; found: string };
  /** The replacement is in place; making that durable, or removing the old store, failed. */
  ERR_DATAWAL_SWAP_INCOMPLETE: { path: string; oldPath: string };
}

export type DataWalErrorCode = keyof DataWalErrorFacts;

/** An error of this package with its code and the facts of that code as fields. */
export type DataWalErrorOf<C extends DataWalErrorCode> = C extends DataWalErrorCode
  ? Error & { readonly code: C } & Readonly<DataWalErrorFacts[C]>
  : never;

/** Every error of this package but a caller's mistake. Tell them apart by `code`, with {@link isDataWalError}. */
export class DataWalError<C extends DataWalErrorCode = DataWalErrorCode> extends Error {
  override readonly name = "DataWalError";
  readonly code: C;

  constructor(code: C, message: string, facts: DataWalErrorFacts[C], cause?: unknown) {
    super(printable(message), cause === undefined ? undefined : { cause });
    this.code = code;
    Object.assign(this, facts);
  }
}

/** Gives a caller's mistake its code and facts. */
export function withCode<C extends DataWalErrorCode>(
  mistake: TypeError | RangeError,
  code: C,
  facts: DataWalErrorFacts[C],
): DataWalErrorOf<C> {
  return Object.assign(mistake, { code }, facts) as Error as DataWalErrorOf<C>;
}

// A record, so that the compiler asks for a line here when a code is added above.
const CODES: Record<DataWalErrorCode, true> = {
  ERR_DATAWAL_NOT_A_CODEC: true,
  ERR_DATAWAL_NOT_A_STRING: true,
  ERR_DATAWAL_NOT_JSON: true,
  ERR_DATAWAL_NOT_A_PATH: true,
  ERR_DATAWAL_BAD_OPERATION: true,
  ERR_DATAWAL_BAD_IMPORT_SOURCE: true,
  ERR_DATAWAL_BAD_REPLACEMENT: true,
  ERR_DATAWAL_RECORD_MISMATCH: true,
  ERR_DATAWAL_TOO_MANY_KEYS: true,
  ERR_DATAWAL_DECODE_FAILED: true,
  ERR_DATAWAL_BAD_LINE: true,
  ERR_DATAWAL_IMPORT_FAILED: true,
  ERR_DATAWAL_SWAP_REFUSED: true,
  ERR_DATAWAL_OLD_STORE_PRESENT: true,
  ERR_DATAWAL_REPLACEMENT_DAMAGED: true,
  ERR_DATAWAL_REPLACEMENT_DIFFERS: true,
  ERR_DATAWAL_SOURCE_DAMAGED: true,
  ERR_DATAWAL_SWAP_INCOMPLETE: true,
};

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
  if (!(typeof error === "object" && error !== null && "code" in error)) return false;
  return code === undefined ? Object.hasOwn(CODES, String(error.code)) : error.code === code;
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
