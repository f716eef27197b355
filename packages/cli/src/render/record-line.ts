import type { LogRecord } from "@datawal/record-log";
import { literal } from "../output/byte-buffer.js";
import type { Output } from "../output/output.js";
import { writeBase64 } from "./base-encoding.js";
import { type FieldOptions, fieldWriter } from "./field-writer.js";
import { writeRecordHead } from "./record-head.js";
import { placeWriter } from "./record-place.js";

/** Returns what writes one record as one line for people, in the reference's columns. */
export function recordLineWriter(output: Output, options: FieldOptions): (record: LogRecord) => void {
  const writePlace = placeWriter(output);
  const writeField = fieldWriter(output, options);
  return (record) => {
    const buffer = output.gathered;
    writePlace(buffer, record);
    buffer.literal(KEY);
    writeField(buffer, record.key);
    buffer.literal(PAYLOAD);
    writeField(buffer, record.payload);
    buffer.literal(LINE_END);
  };
}

const KEY = literal(" key=");
const PAYLOAD = literal(" payload=");
const LINE_END = literal("\n");

/** Returns what writes one record as one JSON line. */
export function recordJsonWriter(output: Output): (record: LogRecord) => void {
  return (record) => {
    const buffer = output.gathered;
    writeRecordHead(buffer, RECORD, record);
    buffer.literal(KEY_BASE64);
    writeBase64(buffer, record.key);
    buffer.literal(PAYLOAD_BASE64);
    writeBase64(buffer, record.payload);
    buffer.literal(OBJECT_END);
  };
}

const RECORD = literal('"record"');
const KEY_BASE64 = literal(',"key_base64":"');
const PAYLOAD_BASE64 = literal('","payload_base64":"');
const OBJECT_END = literal('"}\n');
