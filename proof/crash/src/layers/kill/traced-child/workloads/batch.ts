import type { OracleRecord } from "@datawal/oracle";
import { OracleViolation } from "@datawal/oracle";
import { groupRecords } from "../../../../laboratory/group-records.js";
import { largeRecords, type Plan } from "../planned-records.js";
import { NOTHING_PREPARED, type Workload } from "../workload.js";

const GROUP_COUNT = 3;
/** With its head, of which a log has a record, too. */
const RECORD_COUNT = GROUP_COUNT + 1;
/** The txids of a group's records are two apart. */
const TXIDS = 1 + 2 * GROUP_COUNT;
/** So that some groups begin a segment. */
const SEGMENT_BYTES_MAX = 150_000;

const groupedRecords: Plan = (seed, index) => {
  const group = Math.floor(index / RECORD_COUNT);
  const records = Array.from({ length: GROUP_COUNT }, (_, nth) =>
    largeRecords(seed, group * GROUP_COUNT + nth),
  );
  return groupRecords(BigInt(1 + TXIDS * group), records)[index % RECORD_COUNT]!;
};

/** Groups, some of which begin a segment: of each all records are there, or none. */
export const batch: Workload = {
  name: "batch",
  plan: groupedRecords,
  prepare: () => NOTHING_PREPARED,
  perform: (performer) =>
    performer.withStore(SEGMENT_BYTES_MAX, async (store) => {
      for (let round = 0; round < 8; round++) {
        performer.batch(store, RECORD_COUNT);
        if (round % 2 === 0) await performer.fsync(store);
      }
    }),
  inspect({ records }) {
    if (records.length % RECORD_COUNT === 0) return;
    throw new OracleViolation("10 groups", `a part of a group is there: ${txidsOf(records)}`);
  },
};

function txidsOf(records: readonly OracleRecord[]): string {
  return records.map(({ txid }) => txid).join(", ");
}
