import type { Bytes, RecordType } from "@datawal/format";

/** A place in a log: a byte offset within a segment. */
export interface LogPosition {
  segment: number;
  /** Bytes from the start of the segment's file. */
  offset: number;
}

/** Where one record lies; valid as long as its segment exists. */
export interface RecordRef extends LogPosition {
  /** Bytes of the whole frame. */
  len: number;
}

/** What an append returns: where the record lies, and its sequence number. */
export interface AppendedRecord extends RecordRef {
  txid: bigint;
}

/** One record of a log. Whether its bytes are copies or views is said by whoever returns it. */
export interface LogRecord extends AppendedRecord {
  type: RecordType;
  key: Bytes;
  payload: Bytes;
}
