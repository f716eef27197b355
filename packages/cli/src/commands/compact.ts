import { Command } from "commander";
import type { Environment } from "../environment.js";
import type { ExitCode } from "../exit-code.js";
import { jsonLine, SCHEMA } from "../render/json.js";
import { renderRows } from "../render/table.js";
import { copyStore } from "../store/copy-store.js";
import { openReader } from "../store/open-store.js";
import { requireOutside } from "../store/target.js";
import type { DefineCommand, StoreArguments } from "./command.js";

interface CompactArguments extends StoreArguments {
  target: string;
}

export const defineCompact: DefineCommand = (act) =>
  new Command("compact")
    .description("Write a new store that holds the live keys and nothing else; STORE is only read.")
    .argument("<STORE>", "the store's directory")
    .argument("<TARGET>", "the new store's directory; must not exist, or be empty")
    .action(act(compact));

async function compact(args: CompactArguments, environment: Environment): Promise<ExitCode> {
  const { store, json, target } = args;
  requireOutside("compact", store, target);
  return copyStore("compact", store, environment, openReader, async (reader) => {
    const { liveKeys, recordsWritten, bytesWritten } = await reader.compactTo(target, environment.watch);
    const fields = {
      target,
      live_keys: liveKeys,
      records_written: recordsWritten,
      bytes_written: bytesWritten,
    };
    const rows = [["schema", SCHEMA], ["kind", "compact"], ...Object.entries(fields)] as const;
    environment.stdout.write(
      json ? jsonLine("compact", fields) : renderRows(rows, LABEL_WIDTH, environment.stdout),
    );
  });
}

const LABEL_WIDTH = 17;
