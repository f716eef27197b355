import { crc32c, decodeNext, encodeRecord } from "@datawal/format";
import { encodeGroupHeadInto, groupHeadWireSize } from "@datawal/format/internal";
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
  const group = Buffer.concat([new Uint8Array(groupHeadWireSize(frames.length)), ...frames]);
  const bytes = group.length - groupHeadWireSize(frames.length);
  encodeGroupHeadInto(txid, group, 0, frames.length, bytes, crc32c);
  const head = decodeNext(group, 0);
  if (head.kind !== "record") throw new Error("no head was encoded");
  const { type, key, payload } = head;
  return [{ type, txid, key, payload }, ...numbered];
}
