import type { LogVerification } from "@datawal/record-log";
import { Command } from "commander";
import type { Environment } from "../environment.js";
import { type ExitCode, exitCodeOf } from "../exit-code.js";
import { findingFields, findingRows } from "../render/damage.js";
import { jsonLine, SCHEMA } from "../render/json.js";
import { storeSentence } from "../render/sentence.js";
import { renderRows } from "../render/table.js";
import { verifyStore } from "../store/open-store.js";
import type { DefineCommand, StoreArguments } from "./command.js";

export const defineVerify: DefineCommand = (act) =>
  new Command("verify")
    .description("Check every frame of every segment.")
    .argument("<STORE>", "the store's directory")
    .action(act(verify));

async function verify({ store, json }: StoreArguments, environment: Environment): Promise<ExitCode> {
  const { stdout, watch, paint } = environment;
  const found = await verifyStore(store, watch);
  const fields = referenceFields(found);
  stdout.write(
    json
      ? jsonLine("verify", { ...fields, ...findingFields(found) })
      : storeSentence(found, stdout) +
          renderRows(
            [["schema", SCHEMA], ...Object.entries(fields), ...findingRows(found, store)],
            LABEL_WIDTH,
            stdout,
            paint,
          ),
  );
  return exitCodeOf(found.verdict);
}

const LABEL_WIDTH = 21;

function referenceFields({ report, damages, lastRecord }: LogVerification) {
  return {
    frames_checked: report.recordsReplayed,
    crc_failures: damages.filter(({ reason }) => reason === "crc-mismatch").length,
    tail_truncated: report.tailTruncated,
    tail_bytes_discarded: report.tailBytesDiscarded,
    last_segment: lastRecord?.segment ?? 0,
    last_offset: lastRecord?.offset ?? 0,
  };
}
