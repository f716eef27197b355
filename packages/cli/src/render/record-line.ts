import { RecordType, recordTypeName } from "@datawal/format";
import type { LogRecord } from "@datawal/record-log";
import type { BytesForm } from "../arguments/bytes-form.js";
import type { Output } from "../output/output.js";
import { cutMark, encodeBytes, renderField } from "./bytes.js";
import { jsonLine } from "./json.js";

export interface RecordLineOptions {
  bytes: BytesForm;
  /** Whether long keys and payloads are cut. */
  truncate: boolean;
}

/** Bytes shown of a key or payload before it is cut, as the reference has it. */
const FIELD_BYTES_MAX = 64;
const FIELD_BYTES_MAX_NARROW = 16;
/** A terminal with fewer columns gets lines without padding, and shorter fields. */
const WIDE_COLUMNS_MIN = 100;

/** Returns what writes one record as one line for people, in the reference's columns. */
export function recordLineWriter(
  output: Output,
  { bytes: form, truncate }: RecordLineOptions,
): (record: LogRecord) => void {
  const isNarrow = output.columns !== undefined && output.columns < WIDE_COLUMNS_MIN;
  const place = isNarrow ? narrowPlace : widePlace;
  const cutAt = isNarrow ? FIELD_BYTES_MAX_NARROW : FIELD_BYTES_MAX;
  const bytesMax = truncate ? cutAt : Number.POSITIVE_INFINITY;
  if (form === "raw" && !output.isTerminal) {
    return (record) => writeRaw(output, record, place(record), bytesMax);
  }
  const shown = form === "raw" ? "auto" : form;
  return (record) => {
    const key = renderField(record.key, shown, bytesMax);
    output.write(`${place(record)} key=${key} payload=${renderField(record.payload, shown, bytesMax)}\n`);
  };
}

export function recordJson({ segment, offset, len, type, txid, key, payload }: LogRecord): string {
  return jsonLine("record", {
    segment,
    offset,
    len,
    record_type: recordTypeName(type),
    txid,
    key_base64: encodeBytes(key, "base64"),
    payload_base64: encodeBytes(payload, "base64"),
  });
}

function writeRaw(output: Output, { key, payload }: LogRecord, place: string, bytesMax: number): void {
  for (const [name, bytes] of [
    [`${place} key=`, key],
    [" payload=", payload],
  ] as const) {
    const shown = bytes.subarray(0, bytesMax);
    output.write(name);
    output.writeBytes(shown);
    output.write(cutMark(bytes.length - shown.length));
  }
  output.write("\n");
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
