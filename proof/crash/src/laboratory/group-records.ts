import { encodeRecord } from "@datawal/format";
import { groupHead } from "@datawal/format/internal";
import type { OracleRecord } from "@datawal/oracle";

/**
 * What a log has of a group: its head, then its records, whose txids are two apart. A single one has no head.
 *
 * @param txid The next one of the log.
 */
export function groupRecords(txid: bigint, records: readonly Omit<OracleRecord, "txid">[]): OracleRecord[] {
  if (records.length < 2) return records.map((record) => ({ ...record, txid }));
  const numbered = records.map((record, index) => ({ ...record, txid: txid + 2n * BigInt(index + 1) }));
  const frames = numbered.map((record) => encodeRecord({ ...record, type: record.type as 0 | 1 | 2 }));
  const crcs = frames.map((frame) => new DataView(frame.buffer, frame.length - 4).getUint32(0, true));
  const bytes = frames.reduce((sum, { length }) => sum + length, 0);
  return [{ ...groupHead(bytes, crcs), txid }, ...numbered];
}
