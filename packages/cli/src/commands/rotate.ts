import { RecordLog } from "@datawal/record-log";
import { Command } from "commander";
import type { Environment } from "../environment.js";
import { ExitCode } from "../exit-code.js";
import { jsonLine, SCHEMA } from "../render/json.js";
import { writeMessage } from "../render/message.js";
import { renderRows } from "../render/table.js";
import { changeStore } from "../store/open-writer.js";
import type { DefineCommand, StoreArguments } from "./command.js";

export const defineRotate: DefineCommand = (act) =>
  new Command("rotate")
    .description("Seal the active segment and begin the next one, durably. An empty one stays.")
    .argument("<STORE>", "the store's directory")
    .action(act(rotate));

async function rotate({ store, json }: StoreArguments, environment: Environment): Promise<ExitCode> {
  const fields = await changeStore("rotate", { store }, environment, RecordLog.open, async (log) => {
    const before = log.activeSegment;
    await log.rotate();
    const active_segment = log.activeSegment;
    return active_segment === before ? { active_segment } : { sealed_segment: before, active_segment };
  });
  if (!("sealed_segment" in fields))
    writeMessage(environment.stderr, "rotate", "the active segment holds no record: nothing was sealed");
  const rows = [["schema", SCHEMA], ["kind", "rotate"], ...Object.entries(fields)] as const;
  environment.stdout.write(
    json ? jsonLine("rotate", fields) : renderRows(rows, LABEL_WIDTH, environment.stdout),
  );
  return ExitCode.fine;
}

const LABEL_WIDTH = 16;
