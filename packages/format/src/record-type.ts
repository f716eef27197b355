import { withCode } from "./format-error.js";

/** What a record is for; the value is its byte in the frame. */
export const RecordType = { Raw: 0, Put: 1, Delete: 2 } as const;
export type RecordType = (typeof RecordType)[keyof typeof RecordType];

const NAMES = ["Raw", "Put", "Delete"] as const;

/** Tells whether a byte is the type of a record. */
export function isRecordType(value: unknown): value is RecordType {
  return value === RecordType.Raw || value === RecordType.Put || value === RecordType.Delete;
}

/**
 * Returns the name of a record type.
 *
 * @throws {RangeError} ERR_DATAWAL_BAD_RECORD_TYPE: not one of {@link RecordType}
 */
export function recordTypeName(type: RecordType): "Raw" | "Put" | "Delete" {
  checkRecordType(type);
  return NAMES[type];
}

/**
 * Refuses what is not the type of a record.
 *
 * @throws {RangeError} ERR_DATAWAL_BAD_RECORD_TYPE
 */
export function checkRecordType(type: unknown): asserts type is RecordType {
  if (isRecordType(type)) return;
  const message = `record type expected 0 (Raw), 1 (Put) or 2 (Delete), got ${String(type)}`;
  throw withCode(new RangeError(message), "ERR_DATAWAL_BAD_RECORD_TYPE", { actual: type });
}
