import { Command } from "commander";
import { bytesFormOption } from "../arguments/bytes-form.js";
import { U64_MAX, wholeNumber } from "../arguments/whole-number.js";
import type { Environment } from "../environment.js";
import type { ExitCode } from "../exit-code.js";
import type { FieldOptions } from "../render/field-writer.js";
import { frameJsonWriter, frameLineWriter } from "../render/frame-line.js";
import { printRecords } from "../store/print-records.js";
import type { DefineCommand, StoreArguments } from "./command.js";

interface DumpArguments extends StoreArguments, FieldOptions {
  limit?: number;
}

export const defineDump: DefineCommand = (act) =>
  new Command("dump")
    .description("Print every frame that can be read, with lengths in place of the payload.")
    .argument("<STORE>", "the store's directory")
    .option("-n, --limit <N>", "print at most N frames", wholeNumber(U64_MAX))
    .addOption(bytesFormOption())
    .option("--no-truncate", "print keys whole")
    .action(act(dump));

async function dump(args: DumpArguments, environment: Environment): Promise<ExitCode> {
  const { store, json, limit } = args;
  const { stdout } = environment;
  const print = json ? frameJsonWriter(stdout) : frameLineWriter(stdout, args);
  return printRecords("dump", store, environment, { print, limit });
}
