import type { LogRecord } from "@datawal/record-log";
import { literal } from "../output/byte-buffer.js";
import type { Output } from "../output/output.js";
import { writeBase64 } from "./base-encoding.js";
import { writeDecimal } from "./decimal.js";
import { type FieldOptions, fieldWriter } from "./field-writer.js";
import { writeGroupMark, writeGroupMember } from "./group-mark.js";
import { writeRecordHead } from "./record-head.js";
import { placeWriter } from "./record-place.js";

/** Returns what writes one frame as one line for people: as a record's, with lengths in place of the payload. */
export function frameLineWriter(output: Output, options: FieldOptions): (record: LogRecord) => void {
  const writePlace = placeWriter(output);
  const writeField = fieldWriter(output, options);
  return (record) => {
    const { key, payload } = record;
    const buffer = output.gathered;
    writePlace(buffer, record);
    buffer.literal(KEY);
    writeField(buffer, key);
    buffer.literal(KEY_LEN);
    writeDecimal(buffer, key.length);
    buffer.literal(PAYLOAD_LEN);
    writeDecimal(buffer, payload.length);
    writeGroupMark(buffer, record);
    buffer.literal(LINE_END);
  };
}

const KEY = literal(" key=");
const KEY_LEN = literal(" key_len=");
const PAYLOAD_LEN = literal(" payload_len=");
const LINE_END = literal("\n");

/**
 * Returns what writes one frame as one JSON line. The reference leaves the key out, and with it what a frame is about:
 * it stands behind the reference's fields.
 */
export function frameJsonWriter(output: Output): (record: LogRecord) => void {
  return (record) => {
    const { key, payload } = record;
    const buffer = output.gathered;
    writeRecordHead(buffer, FRAME, record);
    buffer.literal(JSON_KEY_LEN);
    writeDecimal(buffer, key.length);
    buffer.literal(JSON_PAYLOAD_LEN);
    writeDecimal(buffer, payload.length);
    buffer.literal(KEY_BASE64);
    writeBase64(buffer, key);
    buffer.literal(STRING_END);
    writeGroupMember(buffer, record);
    buffer.literal(OBJECT_END);
  };
}

const FRAME = literal('"frame"');
const JSON_KEY_LEN = literal(',"key_len":');
const JSON_PAYLOAD_LEN = literal(',"payload_len":');
const KEY_BASE64 = literal(',"key_base64":"');
const STRING_END = literal('"');
const OBJECT_END = literal("}\n");
