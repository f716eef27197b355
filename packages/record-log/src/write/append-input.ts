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
import type { Draw } from "./batch.js";

/** What `appendMany` takes: a payload alone makes a Raw record without a key. */
export type AppendInput =
  | BytesLike
  | { type: RecordType; key?: BytesLike | undefined; payload?: BytesLike | undefined };

/**
 * What `inputs` yields, for a batch.
 *
 * @throws TypeError ERR_DATAWAL_BAD_RECORD: not an iterable of inputs. A string and bytes are iterable, too, but are
 * one payload and not many.
 */
export function drawInputs(inputs: Iterable<AppendInput>): Draw {
  const isMany =
    typeof inputs === "object" && inputs !== null && !ArrayBuffer.isView(inputs) && Symbol.iterator in inputs;
  if (!isMany) throw badRecord("an iterable of payloads or records", inputs);
  return (add) => {
    for (const input of inputs) {
      if (typeof input === "string" || ArrayBuffer.isView(input)) add(RecordType.Raw, NO_BYTES, input);
      else if (typeof input === "object" && input !== null)
        add(input.type, bytesOf(input.key ?? NO_BYTES, "key"), input.payload ?? NO_BYTES);
      else throw badRecord("a payload or a record", input);
    }
  };
}

/**
 * @param key As `bytesOf` gives it.
 * @throws TypeError ERR_DATAWAL_NOT_BYTES, ERR_DATAWAL_MALFORMED_STRING
 * @throws RangeError ERR_DATAWAL_BAD_RECORD_TYPE, ERR_DATAWAL_KEY_TOO_LARGE, ERR_DATAWAL_PAYLOAD_TOO_LARGE,
 * ERR_DATAWAL_RESERVED_KEY
 */
export function checkRecord(
  type: RecordType,
  txid: bigint,
  key: Uint8Array,
  payload: BytesLike,
): CheckedRecord {
  const record = { type, txid, key, payload: bytesOf(payload, "payload") };
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
