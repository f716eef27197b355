import { RecordType } from "@datawal/format";
import type { LogRecord } from "@datawal/record-log";
import type { Output } from "../output/output.js";

/** A terminal with fewer columns gets lines without padding, and shorter fields. */
const WIDE_COLUMNS_MIN = 100;

export function isNarrow({ columns }: Output): boolean {
  return columns !== undefined && columns < WIDE_COLUMNS_MIN;
}

/** What a record's line begins with: where it lies, its type and txid, in the reference's columns. */
export function placeOn(output: Output): (record: LogRecord) => string {
  return isNarrow(output) ? narrowPlace : widePlace;
}

function widePlace({ segment, offset, len, type, txid }: LogRecord): string {
  return `seg=${String(segment).padStart(8, "0")} off=${right(offset, 10)} len=${right(len, 8)} type=${TYPE_WORDS[type]} txid=${right(txid, 10)}`;
}

function narrowPlace({ segment, offset, len, type, txid }: LogRecord): string {
  return `seg=${segment} off=${offset} len=${len} type=${TYPE_WORDS[type]} txid=${txid}`;
}

function right(value: number | bigint, width: number): string {
  return String(value).padStart(width);
}

const TYPE_WORDS: Readonly<Record<RecordType, string>> = {
  [RecordType.Raw]: "RAW",
  [RecordType.Put]: "PUT",
  [RecordType.Delete]: "DEL",
};
