// Stores that are not as a writer left them, and stores of unusual shape.
import { appendFileSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keyMaker, makeValue, pieces, timeOnce } from "../../work.mjs";
import { encodeRecordInto, RecordLog, RecordType, recordWireSize } from "./product.mjs";

const HEADER_LEN = 24;
const MAX_PAYLOAD_LEN = 64 << 20;

function segmentPath(directory, segment) {
  return join(directory, `${String(segment).padStart(8, "0")}.dwal`);
}

/** Many segments of few records, without the syncs that rotating costs. */
function writeSegments({ directory, segments, keysEach, valueBytes }) {
  mkdirSync(directory, { recursive: true });
  const key = keyMaker("Uint8Array");
  const payload = makeValue(valueBytes, "Uint8Array");
  const frameLen = recordWireSize(key(0).length, valueBytes);
  const bytes = new Uint8Array(frameLen * keysEach);
  let txid = 0n;
  for (let segment = 1; segment <= segments; segment++) {
    for (let index = 0; index < keysEach; index++) {
      const record = { type: RecordType.Put, txid: ++txid, key: key(Number(txid) - 1), payload };
      encodeRecordInto(record, bytes, index * frameLen);
    }
    writeFileSync(segmentPath(directory, segment), bytes);
  }
  return {};
}

/** One segment, whatever its size. */
function writeSegment({ directory, valueBytes, records }) {
  const log = RecordLog.openSync(directory, { segmentBytesMax: Infinity });
  const payload = makeValue(valueBytes, "Uint8Array");
  for (const [from, to] of pieces(records, 1000)) log.appendMany(Array(to - from).fill(payload));
  return {};
}

/** Puts a tail behind a log of one segment: one whole frame, then headers alone, each claiming 64 MiB. */
function forgeTail({ directory, tailBytes }) {
  const header = new Uint8Array(HEADER_LEN + 28);
  encodeRecordInto({ type: RecordType.Put, txid: 1_000_000n }, header, 0);
  new DataView(header.buffer).setUint32(20, MAX_PAYLOAD_LEN, true);
  const tail = new Uint8Array(tailBytes);
  for (let at = 0; at + HEADER_LEN <= tailBytes; at += HEADER_LEN)
    tail.set(header.subarray(0, HEADER_LEN), at);
  appendFileSync(segmentPath(directory, 1), tail);
  return {};
}

/** Cuts a segment to `bytes`. */
function tear({ directory, segment, bytes }) {
  truncateSync(segmentPath(directory, segment), bytes);
  return {};
}

/** Opens a log for writing, repairing it. An operation is a record. */
async function openLog({ directory }) {
  let report;
  const opened = await timeOnce(async () => {
    const log = await RecordLog.open(directory);
    report = log.recoveryReport();
    return report.recordsReplayed;
  });
  return { ...opened, discardedBytes: report.tailBytesDiscarded };
}

export const tails = {
  "write-segments": writeSegments,
  "write-segment": writeSegment,
  "forge-tail": forgeTail,
  tear,
  "open-log": openLog,
};
