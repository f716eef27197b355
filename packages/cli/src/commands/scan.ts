import { Command } from "commander";
import { bytesFormOption } from "../arguments/bytes-form.js";
import { addPositionOptions, type PositionArguments, positionFilter } from "../arguments/position.js";
import { U64_MAX, wholeNumber } from "../arguments/whole-number.js";
import type { Environment } from "../environment.js";
import type { ExitCode } from "../exit-code.js";
import type { FieldOptions } from "../render/field-writer.js";
import { recordJsonWriter, recordLineWriter } from "../render/record-line.js";
import { printRecords } from "../store/print-records.js";
import type { DefineCommand, StoreArguments } from "./command.js";

interface ScanArguments extends StoreArguments, PositionArguments, FieldOptions {
  limit?: number;
  beyond?: boolean;
}

export const defineScan: DefineCommand = (act) =>
  addPositionOptions(
    new Command("scan")
      .description("Print every record that can be read, in the order of the log.")
      .argument("<STORE>", "the store's directory")
      .option("-n, --limit <N>", "print at most N records", wholeNumber(U64_MAX)),
  )
    .option("--beyond", "print valid records behind damage in a segment, too, marked")
    .addOption(bytesFormOption())
    .option("--no-truncate", "print keys and values whole")
    .action(act(scan));

async function scan(args: ScanArguments, environment: Environment): Promise<ExitCode> {
  const { store, json, limit, beyond = false } = args;
  const { stdout } = environment;
  const writer = (mark?: "beyond") =>
    json ? recordJsonWriter(stdout, mark) : recordLineWriter(stdout, args, mark);
  return printRecords("scan", store, environment, {
    print: writer(),
    printBeyond: beyond ? writer("beyond") : undefined,
    limit,
    isAsked: positionFilter(args),
  });
}
