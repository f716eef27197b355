import { Command } from "commander";
import { bytesFormOption } from "../arguments/bytes-form.js";
import { U64_MAX, wholeNumber } from "../arguments/whole-number.js";
import type { Environment } from "../environment.js";
import { type ExitCode, exitCodeOf } from "../exit-code.js";
import type { FieldOptions } from "../render/field-writer.js";
import { recordJsonWriter, recordLineWriter } from "../render/record-line.js";
import { followStore } from "../store/follow-store.js";
import { LastRecords } from "../store/last-records.js";
import { readInto } from "../store/open-store.js";
import { warnOfUnread } from "../store/unread-warning.js";
import type { DefineCommand, StoreArguments } from "./command.js";

interface TailArguments extends StoreArguments, FieldOptions {
  lines: number;
  follow?: boolean;
}

const LINES_DEFAULT = 10;

export const defineTail: DefineCommand = (act) =>
  new Command("tail")
    .description("Print the last records as scan prints them; they are held in memory until then.")
    .argument("<STORE>", "the store's directory")
    .option("-n, --lines <N>", "how many records", wholeNumber(U64_MAX), LINES_DEFAULT)
    .option(
      "-f, --follow",
      "then wait for more, until Ctrl-C; a store that is damaged, repaired or swapped ends it",
    )
    .addOption(bytesFormOption())
    .option("--no-truncate", "print keys and values whole")
    .action(act(tail));

async function tail(args: TailArguments, environment: Environment): Promise<ExitCode> {
  const { store, json, lines, follow = false } = args;
  const { stdout, watch } = environment;
  const print = json ? recordJsonWriter(stdout) : recordLineWriter(stdout, args);
  if (follow) {
    let last = new LastRecords(lines);
    return followStore("tail", store, environment, {
      replay: (record) => last.take(record),
      onReset: () => {
        last = new LastRecords(lines);
      },
      afterReplay: () => last.inOrder().forEach(print),
      print,
    });
  }
  const [found, last] = await readInto(store, watch, () => new LastRecords(lines));
  last.inOrder().forEach(print);
  warnOfUnread("tail", store, found, environment);
  return exitCodeOf(found.verdict);
}
