import { type BytesLike, RecordType } from "@datawal/format";
import {
  bytesOf,
  type CheckedRecord,
  checkRecordLimits,
  checkRecordType,
  isGroupKey,
  NO_BYTES,
} from "@datawal/format/internal";
import { withCode } from "../record-log-error.js";

/** What `appendMany` takes: a payload alone makes a Raw record without a key. */
export type AppendInput =
  | BytesLike
  | { type: RecordType; key?: BytesLike | undefined; payload?: BytesLike | undefined };

/**
 * @throws TypeError ERR_DATAWAL_BAD_RECORD: not an iterable of inputs. A string and bytes are iterable, too, but are
 * one payload and not many.
 */
export function checkInputs(inputs: Iterable<AppendInput>): void {
  const isMany =
    typeof inputs === "object" && inputs !== null && !ArrayBuffer.isView(inputs) && Symbol.iterator in inputs;
  if (!isMany) throw badRecord("an iterable of payloads or records", inputs);
}

/** @throws TypeError ERR_DATAWAL_BAD_RECORD, and as {@link checkRecord} */
export function checkInput(input: AppendInput, txid: bigint): CheckedRecord {
  if (typeof input === "string" || ArrayBuffer.isView(input))
    return checkRecord(RecordType.Raw, txid, NO_BYTES, input);
  if (typeof input === "object" && input !== null)
    return checkRecord(input.type, txid, input.key ?? NO_BYTES, input.payload ?? NO_BYTES);
  throw badRecord("a payload or a record", input);
}

/**
 * @throws TypeError ERR_DATAWAL_NOT_BYTES, ERR_DATAWAL_MALFORMED_STRING
 * @throws RangeError ERR_DATAWAL_BAD_RECORD_TYPE, ERR_DATAWAL_KEY_TOO_LARGE, ERR_DATAWAL_PAYLOAD_TOO_LARGE,
 * ERR_DATAWAL_RESERVED_KEY
 */
export function checkRecord(
  type: RecordType,
  txid: bigint,
  key: BytesLike,
  payload: BytesLike,
): CheckedRecord {
  const record = { type, txid, key: bytesOf(key, "key"), payload: bytesOf(payload, "payload") };
  checkRecordType(type);
  checkRecordLimits(record.key.length, record.payload.length);
  if (isGroupKey(record.key)) throw reservedKey();
  return record;
}

function reservedKey(): RangeError {
  const message =
    'datawal: expected another key than NUL "datawal.group" NUL NUL, which heads of groups have and no record may: nothing was written';
  return withCode(new RangeError(message), "ERR_DATAWAL_RESERVED_KEY", {});
}

function badRecord(expected: string, found: unknown): TypeError {
  const actual = found === null ? "null" : typeof found;
  const mistake = new TypeError(`datawal: expected ${expected}, got ${actual}`);
  return withCode(mistake, "ERR_DATAWAL_BAD_RECORD", { actual });
}
