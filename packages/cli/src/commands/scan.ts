import type { LogRecord } from "@datawal/record-log";
import { Command } from "commander";
import { bytesFormOption } from "../arguments/bytes-form.js";
import { addPositionOptions, type PositionArguments, positionFilter } from "../arguments/position.js";
import { U64_MAX, wholeNumber } from "../arguments/whole-number.js";
import type { Environment } from "../environment.js";
import { type ExitCode, exitCodeOf } from "../exit-code.js";
import { type RecordLineOptions, recordJson, recordLineWriter } from "../render/record-line.js";
import { renderReport } from "../render/recovery-report.js";
import { verifyStore } from "../store/open-store.js";
import type { DefineCommand, StoreArguments } from "./command.js";

interface ScanArguments extends StoreArguments, PositionArguments, RecordLineOptions {
  limit?: number;
}

export const defineScan: DefineCommand = (act) =>
  addPositionOptions(
    new Command("scan")
      .description("Print every record that can be read, in the order of the log.")
      .argument("<STORE>", "the store's directory")
      .option("--limit <N>", "print at most N records", wholeNumber(U64_MAX)),
  )
    .addOption(bytesFormOption())
    .option("--no-truncate", "print keys and values whole")
    .action(act(scan));

/**
 * The whole store is read even where little of it is printed: the exit code speaks for all of it. Reading waits for
 * the output at every piece of the log.
 */
async function scan(args: ScanArguments, { stdout, stderr }: Environment): Promise<ExitCode> {
  const { store, limit = Number.POSITIVE_INFINITY } = args;
  const isAsked = positionFilter(args);
  const print = args.json
    ? (record: LogRecord) => stdout.write(recordJson(record))
    : recordLineWriter(stdout, args);
  let printed = 0;
  const replay = (record: LogRecord) => {
    if (printed >= limit || !isAsked(record)) return;
    printed++;
    print(record);
  };
  const found = await verifyStore(store, { replay, onProgress: () => stdout.drain() });
  if (found.verdict !== "intact") {
    stderr.write(`datawal: scan: not all of the log could be read\n${renderReport(found)}`);
  }
  return exitCodeOf(found.verdict);
}
