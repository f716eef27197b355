import type { LogVerification } from "@datawal/record-log";
import { writeOnce } from "@datawal/safeatomic";
import { Command } from "commander";
import type { Environment } from "../environment.js";
import { type ExitCode, exitCodeOf } from "../exit-code.js";
import { Failure } from "../failure.js";
import { storePage } from "../html/store-page.js";
import { jsonLine } from "../render/json.js";
import { renderReport, reportFields } from "../render/recovery-report.js";
import { storeSentence } from "../render/sentence.js";
import { readInto, verifyStore } from "../store/open-store.js";
import { SizeCurve } from "../store/size-curve.js";
import { requireOutside } from "../store/target.js";
import type { DefineCommand, StoreArguments } from "./command.js";

export const defineReport: DefineCommand = (act) =>
  new Command("report")
    .description("Say what opening the store would find: records, torn tail, damage.")
    .argument("<STORE>", "the store's directory")
    .option("--html <FILE>", "draw it too, as one page, to a file that must not exist")
    .action(act(report));

interface ReportArguments extends StoreArguments {
  html?: string;
}

async function report({ store, json, html }: ReportArguments, environment: Environment): Promise<ExitCode> {
  const { stdout, watch, paint } = environment;
  const found = html === undefined ? await verifyStore(store, watch) : await draw(store, html, environment);
  stdout.write(
    json
      ? jsonLine("report", reportFields(found))
      : storeSentence(found, stdout) + renderReport(found, store, stdout, paint),
  );
  return exitCodeOf(found.verdict);
}

/** Whatever stands there stays there. */
async function draw(store: string, html: string, { watch }: Environment): Promise<LogVerification> {
  requireOutside("report", store, html);
  const [found, curve] = await readInto(store, watch, () => new SizeCurve());
  if (!(await writeOnce(html, storePage(store, found, curve))))
    throw new Failure(
      `report: refuses to overwrite existing file: ${html}; name another file, or remove this one`,
    );
  return found;
}
