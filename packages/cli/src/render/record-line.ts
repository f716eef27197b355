import { recordTypeName } from "@datawal/format";
import type { LogRecord } from "@datawal/record-log";
import type { Output } from "../output/output.js";
import { encodeBytes } from "./bytes.js";
import { type FieldOptions, fieldWriter } from "./field-writer.js";
import { jsonLine } from "./json.js";
import { placeOn } from "./record-place.js";

/** Returns what writes one record as one line for people, in the reference's columns. */
export function recordLineWriter(output: Output, options: FieldOptions): (record: LogRecord) => void {
  const place = placeOn(output);
  const writeField = fieldWriter(output, options);
  return (record) => {
    output.write(`${place(record)} key=`);
    writeField(record.key);
    output.write(" payload=");
    writeField(record.payload);
    output.write("\n");
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
