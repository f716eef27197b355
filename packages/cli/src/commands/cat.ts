import { RecordType } from "@datawal/format";
import type { LogRecord } from "@datawal/record-log";
import { Command } from "commander";
import type { Environment } from "../environment.js";
import type { ExitCode } from "../exit-code.js";
import type { Output } from "../output/output.js";
import { recordJsonWriter } from "../render/record-line.js";
import { writeLine } from "../render/value.js";
import { followStore } from "../store/follow-store.js";
import { printRecords } from "../store/print-records.js";
import { storeChanged } from "../store/store-failure.js";
import type { DefineCommand, StoreArguments } from "./command.js";

interface CatArguments extends StoreArguments {
  follow?: boolean;
  values?: boolean;
}

export const defineCat: DefineCommand = (act) =>
  new Command("cat")
    .description("Print the payload of every Raw record, each followed by a line end.")
    .argument("<STORE>", "the store's directory")
    .option(
      "-f, --follow",
      "then wait for more, until Ctrl-C; a store that is damaged, repaired or swapped ends it",
    )
    .option("--values", "instead, print the value of every Put record")
    .action(act(cat));

async function cat(args: CatArguments, environment: Environment): Promise<ExitCode> {
  const { store, json, follow = false, values = false } = args;
  const { stdout } = environment;
  const type = values ? RecordType.Put : RecordType.Raw;
  const printAsked = json ? recordJsonWriter(stdout) : payloadWriter(stdout);
  const isAsked = (record: LogRecord) => record.type === type;
  if (!follow) return printRecords("cat", store, environment, { print: printAsked, isAsked });
  let hasPrinted = false;
  const print = (record: LogRecord) => {
    if (!isAsked(record)) return;
    hasPrinted = true;
    printAsked(record);
  };
  const onReset = () => {
    if (hasPrinted) throw storeChanged(store);
  };
  return followStore("cat", store, environment, { replay: print, onReset, print });
}

function payloadWriter(stdout: Output): (record: LogRecord) => void {
  return ({ payload }) => writeLine(payload, stdout);
}
