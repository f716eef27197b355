import type { LogRecord } from "@datawal/record-log";
import { literal } from "../output/byte-buffer.js";
import type { Output } from "../output/output.js";
import { writeBase64 } from "./base-encoding.js";
import { type FieldOptions, fieldWriter } from "./field-writer.js";
import { writeGroupMark, writeGroupMember } from "./group-mark.js";
import { writeRecordHead } from "./record-head.js";
import { placeWriter } from "./record-place.js";

/**
 * Returns what writes one record as one line for people, in the reference's columns.
 *
 * @param mark What the line says of where the record was found; goes to its end.
 */
export function recordLineWriter(
  output: Output,
  options: FieldOptions,
  mark?: "beyond",
): (record: LogRecord) => void {
  const writePlace = placeWriter(output);
  const writeField = fieldWriter(output, options);
  const lineEnd = mark ? BEYOND_LINE_END : LINE_END;
  return (record) => {
    const buffer = output.gathered;
    writePlace(buffer, record);
    buffer.literal(KEY);
    writeField(buffer, record.key);
    buffer.literal(PAYLOAD);
    writeField(buffer, record.payload);
    writeGroupMark(buffer, record);
    buffer.literal(lineEnd);
  };
}

const KEY = literal(" key=");
const PAYLOAD = literal(" payload=");
const LINE_END = literal("\n");
const BEYOND_LINE_END = literal(" (beyond damage)\n");

/** Returns what writes one record as one JSON line. As {@link recordLineWriter}. */
export function recordJsonWriter(output: Output, mark?: "beyond"): (record: LogRecord) => void {
  const objectEnd = mark ? BEYOND_OBJECT_END : OBJECT_END;
  return (record) => {
    const buffer = output.gathered;
    writeRecordHead(buffer, RECORD, record);
    buffer.literal(KEY_BASE64);
    writeBase64(buffer, record.key);
    buffer.literal(PAYLOAD_BASE64);
    writeBase64(buffer, record.payload);
    buffer.literal(STRING_END);
    writeGroupMember(buffer, record);
    buffer.literal(objectEnd);
  };
}

const RECORD = literal('"record"');
const KEY_BASE64 = literal(',"key_base64":"');
const PAYLOAD_BASE64 = literal('","payload_base64":"');
const STRING_END = literal('"');
const OBJECT_END = literal("}\n");
const BEYOND_OBJECT_END = literal(',"beyond":true}\n');
