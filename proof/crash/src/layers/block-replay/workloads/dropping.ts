import type { RecordType } from "@datawal/format";
import type { OracleRecord } from "@datawal/oracle";
import { RecordLog } from "@datawal/record-log";
import type { Workload } from "../workload.js";
import { SEGMENT_BYTES_MAX } from "./stores.js";

const SEGMENTS = 6;
const RECORDS_PER_SEGMENT = 4;

/** A log of several segments loses its first ones. */
export const dropSegmentsBefore: Workload = {
  name: "drop-segments-before",
  async prepare({ store, fileSystem }, ledger) {
    await using log = await RecordLog.open(store, { fileSystem, segmentBytesMax: SEGMENT_BYTES_MAX });
    for (let segment = 1; segment <= SEGMENTS; segment++) {
      appendAll(log, ledger.puts(RECORDS_PER_SEGMENT, 700));
      if (segment < SEGMENTS) await log.rotate();
    }
    await log.fsync();
    await ledger.acknowledge();
  },
  async perform({ store, fileSystem }, ledger) {
    await using log = await RecordLog.open(store, { fileSystem, segmentBytesMax: SEGMENT_BYTES_MAX });
    appendAll(log, ledger.puts(3, 700));
    for (const id of [3, SEGMENTS]) {
      const counts = Array.from({ length: id - 1 }, (_, index) => (index + 1) * RECORDS_PER_SEGMENT);
      await ledger.drop(counts, () => log.dropSegmentsBefore(id));
    }
    appendAll(log, ledger.puts(2, 700));
    await log.fsync();
    await ledger.acknowledge();
  },
};

function appendAll(log: RecordLog, records: readonly OracleRecord[]): void {
  for (const { type, key, payload } of records) log.appendRecord(type as RecordType, key, payload);
}
