import { recordTypeName } from "@datawal/format";
import type { LogRecord } from "@datawal/record-log";
import type { Output } from "../output/output.js";
import { encodeBytes } from "./bytes.js";
import { type FieldOptions, fieldWriter } from "./field-writer.js";
import { jsonLine } from "./json.js";
import { placeOn } from "./record-place.js";

/** Returns what writes one frame as one line for people: as a record's, with lengths in place of the payload. */
export function frameLineWriter(output: Output, options: FieldOptions): (record: LogRecord) => void {
  const place = placeOn(output);
  const writeField = fieldWriter(output, options);
  return (record) => {
    const { key, payload } = record;
    output.write(`${place(record)} key=`);
    writeField(key);
    output.write(` key_len=${key.length} payload_len=${payload.length}\n`);
  };
}

/** The reference leaves the key out, and with it what a frame is about: it stands behind the reference's fields. */
export function frameJson({ segment, offset, len, type, txid, key, payload }: LogRecord): string {
  return jsonLine("frame", {
    segment,
    offset,
    len,
    record_type: recordTypeName(type),
    txid,
    key_len: key.length,
    payload_len: payload.length,
    key_base64: encodeBytes(key, "base64"),
  });
}
