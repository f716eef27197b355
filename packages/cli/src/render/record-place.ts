import { RecordType } from "@datawal/format";
import type { LogRecord } from "@datawal/record-log";
import { type ByteBuffer, literal } from "../output/byte-buffer.js";
import type { Output } from "../output/output.js";
import { writeDecimal, writeTxid, ZERO } from "./decimal.js";

/** A terminal with fewer columns gets lines without padding, and shorter fields. */
const WIDE_COLUMNS_MIN = 100;

export function isNarrow({ columns }: Output): boolean {
  return columns !== undefined && columns < WIDE_COLUMNS_MIN;
}

/** What a record's line begins with: where it lies, its type and txid, in the reference's columns. */
export function placeWriter(output: Output): (buffer: ByteBuffer, record: LogRecord) => void {
  const widths = isNarrow(output) ? NO_PADDING : REFERENCE_WIDTHS;
  return (buffer, { segment, offset, len, type, txid }) => {
    buffer.literal(SEGMENT);
    writeDecimal(buffer, segment, widths.segment, ZERO);
    buffer.literal(OFFSET);
    writeDecimal(buffer, offset, widths.offset);
    buffer.literal(LEN);
    writeDecimal(buffer, len, widths.len);
    buffer.literal(TYPE_AND_TXID[type]);
    writeTxid(buffer, txid, widths.txid);
  };
}

const REFERENCE_WIDTHS = { segment: 8, offset: 10, len: 8, txid: 10 };
const NO_PADDING = { segment: 0, offset: 0, len: 0, txid: 0 };

const SEGMENT = literal("seg=");
const OFFSET = literal(" off=");
const LEN = literal(" len=");
const TYPE_AND_TXID = {
  [RecordType.Raw]: literal(" type=RAW txid="),
  [RecordType.Put]: literal(" type=PUT txid="),
  [RecordType.Delete]: literal(" type=DEL txid="),
};
