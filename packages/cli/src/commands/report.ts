import { Command } from "commander";
import type { Environment } from "../environment.js";
import { type ExitCode, exitCodeOf } from "../exit-code.js";
import { jsonLine } from "../render/json.js";
import { renderReport, reportFields } from "../render/recovery-report.js";
import { storeSentence } from "../render/sentence.js";
import { verifyStore } from "../store/open-store.js";
import type { DefineCommand, StoreArguments } from "./command.js";

export const defineReport: DefineCommand = (act) =>
  new Command("report")
    .description("Say what opening the store would find: records, torn tail, damage.")
    .argument("<STORE>", "the store's directory")
    .action(act(report));

async function report({ store, json }: StoreArguments, environment: Environment): Promise<ExitCode> {
  const { stdout, watch, paint } = environment;
  const found = await verifyStore(store, watch);
  stdout.write(
    json
      ? jsonLine("report", reportFields(found))
      : storeSentence(found, stdout) + renderReport(found, store, stdout, paint),
  );
  return exitCodeOf(found.verdict);
}
