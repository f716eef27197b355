import { isSyncedDataLost, type SalvageResult, salvageTo } from "@datawal/record-log";
import { Command } from "commander";
import type { Environment } from "../environment.js";
import { ExitCode } from "../exit-code.js";
import { UsageFailure } from "../failure.js";
import { jsonLine, SCHEMA } from "../render/json.js";
import { leftOutFields, lossFields, lossRows } from "../render/loss.js";
import { shellWord } from "../render/shell-word.js";
import { sizeRows } from "../render/size.js";
import { type Row, renderRows } from "../render/table.js";
import { tellWarnings } from "../store/gap-warning.js";
import { readStore, verifyStore } from "../store/open-store.js";
import { type RepairLosses, repairLosses } from "../store/repair-losses.js";
import { noStore } from "../store/store-failure.js";
import { requireOutside } from "../store/target.js";
import type { DefineCommand, StoreArguments } from "./command.js";

interface RepairArguments extends StoreArguments {
  to?: string;
  dryRun?: boolean;
}

export const defineRepair: DefineCommand = (act) =>
  new Command("repair")
    .description("Collect every valid record of a damaged store in a new one; STORE is only read.")
    .argument("<STORE>", "the store's directory")
    .option("--to <NEW>", "the new store's directory; must not exist, or be empty")
    .option("--dry-run", "only say what would be saved and what would be lost")
    .action(act(repair));

/** Under `--dry-run` no target is needed, and none is looked at. */
async function repair(args: RepairArguments, environment: Environment): Promise<ExitCode> {
  const { store, json, to, dryRun = false } = args;
  const { stdout, watch, paint } = environment;
  if (to === undefined && !dryRun) {
    throw new UsageFailure("expected --to NEW, the directory of a new store, or --dry-run, found neither");
  }
  const target = to ?? store;
  if (!dryRun) requireOutside("repair", store, target);
  const { report } = await verifyStore(store, watch);
  const saved = await readStore(store, () => salvageTo(store, target, { ...watch, dryRun }));
  if (saved.segments.length + saved.quarantines.length === 0) throw noStore(store, "a directory without one");
  const losses = repairLosses(saved);
  const fields = { ...(dryRun ? {} : { target }), ...counts(saved, losses) };
  const rows: Row[] = [["schema", SCHEMA], ["kind", "repair"], ...sizeRows(fields)];
  stdout.write(
    json
      ? jsonLine("repair", {
          ...fields,
          ...lossFields(losses),
          is_published: saved.isPublished,
          ...(saved.brokenGroups > 0 ? { broken_groups: saved.brokenGroups } : {}),
          ...leftOutFields(losses),
        })
      : renderRows(
          [...rows, ...groupRows(saved), ...lossRows(losses), ...nextRows(saved, store, target)],
          LABEL_WIDTH,
          stdout,
          paint,
        ),
  );
  // What was cut off whole leaves no damage to find: the sync note alone tells of it.
  if (exitCode(saved, losses) !== ExitCode.fine || !isSyncedDataLost(report)) return exitCode(saved, losses);
  tellWarnings("repair", store, report, environment);
  return ExitCode.recoverable;
}

const LABEL_WIDTH = 17;

function counts({ segments, records, bytes }: SalvageResult, { lost }: RepairLosses) {
  return {
    segments: segments.length,
    records_saved: records,
    bytes_saved: bytes,
    places_lost: lost.length,
    bytes_lost: lost.reduce((sum, loss) => sum + loss.bytes, 0),
  };
}

function groupRows({ brokenGroups }: SalvageResult): Row[] {
  if (brokenGroups === 0) return [];
  return [
    ["broken_groups", `${brokenGroups}: not all of their records were found; those that were are saved`],
  ];
}

function nextRows(saved: SalvageResult, store: string, target: string): Row[] {
  if (foundNothing(saved)) return [["next", "no record was found, so nothing is written: restore a backup"]];
  if (saved.isPublished) return [["next", `to look at what was saved: datawal scan ${shellWord(target)}`]];
  return [["next", `nothing has been written yet; to write it: datawal repair ${shellWord(store)} --to NEW`]];
}

function exitCode(saved: SalvageResult, { lost, missingSegments, extracted }: RepairLosses): ExitCode {
  if (foundNothing(saved)) return ExitCode.corruption;
  return lost.length + missingSegments.length + extracted.length > 0 ? ExitCode.recoverable : ExitCode.fine;
}

function foundNothing({ records, quarantines }: SalvageResult): boolean {
  return records === 0 && quarantines.every((each) => each.records === 0);
}
