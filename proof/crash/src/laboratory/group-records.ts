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
  let end = 0;
  const places = frames.map(({ length: len }) => {
    end += len;
    return { offset: end - len, len };
  });
  return [{ ...groupHead(Buffer.concat(frames), places), txid }, ...numbered];
}
