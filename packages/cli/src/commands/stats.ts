import type { LogVerification } from "@datawal/record-log";
import { Command } from "commander";
import type { Environment } from "../environment.js";
import { type ExitCode, exitCodeOf } from "../exit-code.js";
import { type JsonFields, jsonLine, SCHEMA } from "../render/json.js";
import { storeSentence } from "../render/sentence.js";
import { sizeRows } from "../render/size.js";
import { renderSpaceBars } from "../render/space-bars.js";
import { type Row, renderRows } from "../render/table.js";
import { readInto } from "../store/open-store.js";
import { type SegmentSpace, SpaceCount, totalSpace } from "../store/segment-space.js";
import { warnOfUnread } from "../store/unread-warning.js";
import type { DefineCommand, StoreArguments } from "./command.js";

export const defineStats: DefineCommand = (act) =>
  new Command("stats")
    .description("Say what the bytes of each segment are good for, and what compaction would free.")
    .argument("<STORE>", "the store's directory")
    .action(act(stats));

async function stats({ store, json }: StoreArguments, environment: Environment): Promise<ExitCode> {
  const { stdout, watch, paint } = environment;
  const [found, count] = await readInto(store, watch, () => new SpaceCount());
  const spaces = count.finish(found.segments);
  const fields = totals(found, count, spaces);
  if (json) {
    stdout.write(jsonLine("stats", { ...fields, verdict: found.verdict, space: spaces.map(spaceFields) }));
  } else {
    const rows: Row[] = [["schema", SCHEMA], ["kind", "stats"], ...sizeRows(fields), ...notes(fields)];
    stdout.write(storeSentence(found, stdout, fields.compaction_frees));
    stdout.write(`${renderRows(rows, LABEL_WIDTH, stdout, paint)}\n${renderSpaceBars(spaces, stdout)}`);
  }
  warnOfUnread("stats", store, found, environment);
  return exitCodeOf(found.verdict);
}

const LABEL_WIDTH = 18;

/** A store is worth more than the keys in it. */
function notes({ raw_bytes, compaction_frees }: { raw_bytes: number; compaction_frees: number }): Row[] {
  if (raw_bytes === 0 || compaction_frees === 0) return [];
  return [["note", `compaction drops Raw records too, ${raw_bytes} bytes of them`, "caution"]];
}

function totals(
  { report, verdict }: LogVerification,
  { keys, oldestTxid }: SpaceCount,
  spaces: SegmentSpace[],
) {
  const total = totalSpace(spaces);
  return {
    segments: report.filesScanned,
    records: report.recordsReplayed,
    keys,
    oldest_txid: oldestTxid,
    newest_txid: report.lastTxidSeen,
    ...byteFields(total),
    // Of a damaged store nothing is compacted.
    compaction_frees: verdict === "damaged" ? 0 : total.bytes - total.liveBytes,
  };
}

function spaceFields(space: SegmentSpace): JsonFields {
  return { segment: space.segment, ...byteFields(space) };
}

function byteFields(space: Omit<SegmentSpace, "segment">) {
  return {
    bytes: space.bytes,
    live_bytes: space.liveBytes,
    raw_bytes: space.rawBytes,
    dead_bytes: space.deadBytes,
    tombstone_bytes: space.tombstoneBytes,
    torn_bytes: space.tornBytes,
  };
}
