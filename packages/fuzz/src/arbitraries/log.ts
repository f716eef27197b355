import fc from "fast-check";
import { anyRecord, type GeneratedRecord } from "./record.js";

/** The records of each segment, oldest first; the last segment is the active one. */
export type GeneratedLog = readonly (readonly GeneratedRecord[])[];

/** A log as one writer leaves it: 1 to 4 segments of 0 to 8 records, txids 1, 2, 3 and so on through all of them. */
export function anyLog(): fc.Arbitrary<GeneratedLog> {
  const segment = fc.array(anyRecord(), { maxLength: 8 });
  return fc.array(segment, { minLength: 1, maxLength: 4 }).map(numbered);
}

function numbered(segments: GeneratedLog): GeneratedLog {
  let lastTxid = 0n;
  const renumbered = (record: GeneratedRecord) => {
    lastTxid += 1n;
    return { ...record, txid: lastTxid };
  };
  return segments.map((records) => records.map(renumbered));
}
