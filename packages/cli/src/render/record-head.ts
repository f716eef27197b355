import { RecordType, recordTypeName } from "@datawal/format";
import type { LogRecord } from "@datawal/record-log";
import { type ByteBuffer, type Literal, literal } from "../output/byte-buffer.js";
import { writeDecimal, writeTxid } from "./decimal.js";
import { SCHEMA } from "./json.js";

/**
 * Writes what the JSON lines of records and frames begin with, up to the txid. By hand: there may be millions of them,
 * and all that is written is numbers and names that need no escape.
 *
 * @param kind With its quotes.
 */
export function writeRecordHead(
  buffer: ByteBuffer,
  kind: Literal,
  { segment, offset, len, type, txid }: LogRecord,
): void {
  buffer.literal(HEAD);
  buffer.literal(kind);
  buffer.literal(SEGMENT);
  writeDecimal(buffer, segment);
  buffer.literal(OFFSET);
  writeDecimal(buffer, offset);
  buffer.literal(LEN);
  writeDecimal(buffer, len);
  buffer.literal(TYPE_AND_TXID[type]);
  writeTxid(buffer, txid);
}

const HEAD = literal(`{"schema":"${SCHEMA}","kind":`);
const SEGMENT = literal(',"segment":');
const OFFSET = literal(',"offset":');
const LEN = literal(',"len":');
const TYPE_AND_TXID = {
  [RecordType.Raw]: typeAndTxid(RecordType.Raw),
  [RecordType.Put]: typeAndTxid(RecordType.Put),
  [RecordType.Delete]: typeAndTxid(RecordType.Delete),
};

function typeAndTxid(type: RecordType): Literal {
  return literal(`,"record_type":"${recordTypeName(type)}","txid":`);
}
