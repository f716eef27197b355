import { RecordLog } from "@datawal/record-log";
import { Command } from "commander";
import type { Environment } from "../environment.js";
import { ExitCode } from "../exit-code.js";
import { jsonLine, SCHEMA } from "../render/json.js";
import { renderRows } from "../render/table.js";
import { changeStore } from "../store/open-writer.js";
import type { DefineCommand, StoreArguments } from "./command.js";

export const defineRotate: DefineCommand = (act) =>
  new Command("rotate")
    .description("Seal the active segment and begin the next one, durably.")
    .argument("<STORE>", "the store's directory")
    .action(act(rotate));

async function rotate({ store, json }: StoreArguments, environment: Environment): Promise<ExitCode> {
  const fields = await changeStore("rotate", { store }, environment, RecordLog.open, async (log) => {
    const sealed_segment = log.activeSegment;
    await log.rotate();
    return { sealed_segment, active_segment: log.activeSegment };
  });
  const rows = [["schema", SCHEMA], ["kind", "rotate"], ...Object.entries(fields)] as const;
  environment.stdout.write(
    json ? jsonLine("rotate", fields) : renderRows(rows, LABEL_WIDTH, environment.stdout),
  );
  return ExitCode.fine;
}

const LABEL_WIDTH = 16;
