import type { LogVerification } from "@datawal/record-log";
import type { Paint } from "../output/color.js";
import type { Output } from "../output/output.js";
import { findingFields, findingRows } from "./damage.js";
import type { JsonFields } from "./json.js";
import { SCHEMA } from "./json.js";
import { renderRows } from "./table.js";

const LABEL_WIDTH = 21;

/** The eight lines of the reference's `report`, then what was found in detail. */
export function renderReport(
  found: LogVerification,
  store: string,
  output: Pick<Output, "columns">,
  paint?: Paint,
): string {
  const rows = Object.entries(referenceFields(found)).map(([label, value]) => [label, value] as const);
  return renderRows([["schema", SCHEMA], ...rows, ...findingRows(found, store)], LABEL_WIDTH, output, paint);
}

export function reportFields(found: LogVerification): JsonFields {
  return { ...referenceFields(found), ...findingFields(found) };
}

function referenceFields({ report }: LogVerification) {
  return {
    files_scanned: report.filesScanned,
    records_replayed: report.recordsReplayed,
    tail_truncated: report.tailTruncated,
    tail_bytes_discarded: report.tailBytesDiscarded,
    mid_stream_errors: report.midStreamErrors,
    unsupported_versions: report.unsupportedVersions,
    last_txid_seen: report.lastTxidSeen,
  };
}
