import { decodeGroupHead } from "@datawal/format";
import type { LogRecord } from "@datawal/record-log";
import { type ByteBuffer, literal } from "../output/byte-buffer.js";
import { writeDecimal } from "./decimal.js";

/** Writes behind a record what it is the head of, where it is the head of a group. */
export function writeGroupMark(buffer: ByteBuffer, record: LogRecord): void {
  const head = decodeGroupHead(record);
  if (!head) return;
  buffer.literal(GROUP_OF);
  writeDecimal(buffer, head.records);
  buffer.literal(MARK_END);
}

const GROUP_OF = literal(" (head of a group of ");
const MARK_END = literal(")");

/** As {@link writeGroupMark}, as a member of a JSON object that others stand before. */
export function writeGroupMember(buffer: ByteBuffer, record: LogRecord): void {
  const head = decodeGroupHead(record);
  if (!head) return;
  buffer.literal(VERSION);
  writeDecimal(buffer, head.version);
  buffer.literal(RECORDS);
  writeDecimal(buffer, head.records);
  buffer.literal(BYTES);
  writeDecimal(buffer, head.bytes);
  buffer.literal(MEMBER_END);
}

const VERSION = literal(',"group":{"version":');
const RECORDS = literal(',"records":');
const BYTES = literal(',"bytes":');
const MEMBER_END = literal("}");
