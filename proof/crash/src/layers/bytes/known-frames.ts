import { encodeRecord, HEADER_LEN, type RecordType } from "@datawal/format";
import type { OracleRecord } from "@datawal/oracle";

/** A record as it is written. */
export interface WrittenRecord extends OracleRecord {
  type: RecordType;
}

/** What stands in a segment, told by comparing bytes with what was written, without a decoder. */
export interface Reading {
  records: readonly OracleRecord[];
  /** Where its frames end. */
  validBytes: number;
  size: number;
}

interface KnownFrame {
  record: OracleRecord;
  frame: Uint8Array;
}

const TXID_OFFSET = 8;

/** The frames that were written, and no others. */
export class KnownFrames {
  readonly #byTxid = new Map<bigint, KnownFrame>();
  readonly #readings = new WeakMap<Uint8Array, Reading>();

  /** @param records no two with one txid. */
  constructor(records: readonly WrittenRecord[]) {
    for (const record of records) this.#byTxid.set(record.txid, { record, frame: encodeRecord(record) });
  }

  /** The frames at the start of a segment, up to the first byte that is not the next one's. */
  read(segment: Uint8Array): Reading {
    let reading = this.#readings.get(segment);
    if (!reading) {
      reading = this.#read(segment);
      this.#readings.set(segment, reading);
    }
    return reading;
  }

  #read(segment: Uint8Array): Reading {
    const records: OracleRecord[] = [];
    const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
    let at = 0;
    while (at + HEADER_LEN <= segment.length) {
      const known = this.#byTxid.get(view.getBigUint64(at + TXID_OFFSET, true));
      if (!known || Buffer.compare(segment.subarray(at, at + known.frame.length), known.frame) !== 0) break;
      records.push(known.record);
      at += known.frame.length;
    }
    return { records, validBytes: at, size: segment.length };
  }
}
