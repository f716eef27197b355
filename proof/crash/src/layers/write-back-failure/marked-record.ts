import { RecordType } from "@datawal/format";
import type { OracleRecord } from "@datawal/oracle";
import { type StreamPlan, streamRecord } from "../power-cut/writer/record-stream.js";
import { MARKER } from "./chain-protocol.js";

/** A record of a stream that has a payload, which holds the marker in every so many bytes. */
export function markedRecord(plan: StreamPlan, index: number, txid: bigint): OracleRecord {
  const record = streamRecord(plan, index, txid);
  const payload = Buffer.alloc(MARKER_EVERY_BYTES + record.payload.length);
  payload.set(record.payload, MARKER_EVERY_BYTES);
  for (let offset = 0; offset + MARKER.length <= payload.length; offset += MARKER_EVERY_BYTES)
    payload.write(MARKER, offset, "latin1");
  const type = record.type === RecordType.Delete ? RecordType.Put : record.type;
  return { ...record, type, payload };
}

const MARKER_EVERY_BYTES = 64;
