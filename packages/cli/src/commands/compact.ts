import { Command } from "commander";
import { type CompactionInPlaceResult, DataWal, type DataWalStats, type LeftSegment } from "datawal";
import type { Environment } from "../environment.js";
import { ExitCode } from "../exit-code.js";
import { UsageFailure } from "../failure.js";
import { type JsonFields, jsonLine, SCHEMA } from "../render/json.js";
import { sizeRows } from "../render/size.js";
import { type Row, renderRows } from "../render/table.js";
import { copyStore } from "../store/copy-store.js";
import { openReader } from "../store/open-store.js";
import { changeStore } from "../store/open-writer.js";
import { requireOutside } from "../store/target.js";
import type { DefineCommand, StoreArguments } from "./command.js";

interface CompactArguments extends StoreArguments {
  target?: string;
  inPlace?: boolean;
  dryRun?: boolean;
}

export const defineCompact: DefineCommand = (act) =>
  new Command("compact")
    .description("Write a new store that holds the live keys and nothing else; STORE is only read.")
    .argument("<STORE>", "the store's directory")
    .argument("[TARGET]", "the new store's directory; must not exist, or be empty")
    .option("--in-place", "give back space in STORE itself, segment by segment; no TARGET")
    .option("--dry-run", "with --in-place: only say what it would give back")
    .action(act(compact));

async function compact(args: CompactArguments, environment: Environment): Promise<ExitCode> {
  const { target, inPlace = false, dryRun = false } = args;
  if ((target === undefined) !== inPlace)
    throw new UsageFailure(`expected a TARGET, or --in-place, found ${inPlace ? "both" : "neither"}`);
  if (target !== undefined && dryRun)
    throw new UsageFailure("expected --in-place with --dry-run, found a TARGET");
  if (target !== undefined) return await compactTo(target, args, environment);
  return dryRun ? await foresee(args, environment) : await compactInPlace(args, environment);
}

async function compactTo(
  target: string,
  args: CompactArguments,
  environment: Environment,
): Promise<ExitCode> {
  const { store } = args;
  requireOutside("compact", store, target);
  return copyStore("compact", store, environment, openReader, async (reader) => {
    const { liveKeys, recordsWritten, bytesWritten } = await reader.compactTo(target, environment.watch);
    const fields = {
      target,
      live_keys: liveKeys,
      records_written: recordsWritten,
      bytes_written: bytesWritten,
    };
    print("compact", fields, args, environment);
  });
}

/** Reads, without the lock: somebody may be writing. */
async function foresee(args: CompactArguments, environment: Environment): Promise<ExitCode> {
  return copyStore("compact", args.store, environment, openReader, async (reader) => {
    print("compact-in-place", { is_dry_run: true, ...foreseen(reader.stats()) }, args, environment);
  });
}

function foreseen({ segmentBytes, bySegment }: DataWalStats) {
  const wasteful = bySegment.filter(({ wasteRatio }) => wasteRatio > 0);
  const end = wasteful.findIndex(({ rawBytes }) => rawBytes > 0);
  const removed = end < 0 ? wasteful : wasteful.slice(0, end);
  const wasteOf = ({ liveBytes, deadBytes, tombstoneBytes, wasteRatio }: (typeof removed)[number]) =>
    wasteRatio * (liveBytes + deadBytes + tombstoneBytes);
  return {
    bytes_before: segmentBytes,
    bytes_after: segmentBytes - Math.round(removed.reduce((sum, space) => sum + wasteOf(space), 0)),
    segments_removed: removed.length,
    ...leftFields(wasteful.slice(removed.length).map(() => "raw-record")),
  };
}

function leftFields(reasons: readonly LeftSegment["reason"][]): JsonFields {
  const because = [...new Set(reasons)].join(", ");
  return { segments_left: reasons.length, ...(because && { left_because: because }) };
}

async function compactInPlace(args: CompactArguments, environment: Environment): Promise<ExitCode> {
  const { store } = args;
  const done = await changeStore("compact", { store }, environment, DataWal.open, (writer) =>
    writer.compact(environment.watch),
  );
  print("compact-in-place", { is_dry_run: false, ...doneFields(done) }, args, environment);
  return ExitCode.fine;
}

function doneFields({
  bytesBefore,
  bytesAfter,
  recordsMoved,
  segmentsRemoved,
  left,
}: CompactionInPlaceResult) {
  return {
    bytes_before: bytesBefore,
    bytes_after: bytesAfter,
    records_moved: recordsMoved,
    segments_removed: segmentsRemoved.length,
    ...leftFields(left.map(({ reason }) => reason)),
  };
}

function print(kind: string, fields: JsonFields, { json }: CompactArguments, { stdout }: Environment): void {
  const fieldRows = kind === "compact" ? Object.entries(fields) : sizeRows(fields);
  const rows = [["schema", SCHEMA], ["kind", kind], ...fieldRows] as Row[];
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  stdout.write(json ? jsonLine(kind, fields) : renderRows(rows, width, stdout));
}
