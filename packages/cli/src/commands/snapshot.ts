import { snapshotTo } from "@datawal/record-log";
import { Command } from "commander";
import type { Environment } from "../environment.js";
import type { ExitCode } from "../exit-code.js";
import { jsonLine, SCHEMA } from "../render/json.js";
import { sizeRows } from "../render/size.js";
import { renderRows } from "../render/table.js";
import { copyStore } from "../store/copy-store.js";
import { openLogReader } from "../store/open-store.js";
import { requireOutside } from "../store/target.js";
import type { DefineCommand, StoreArguments } from "./command.js";

interface SnapshotArguments extends StoreArguments {
  target: string;
}

export const defineSnapshot: DefineCommand = (act) =>
  new Command("snapshot")
    .description("Copy the log as it is now to a new store, record for record, beside a live writer.")
    .argument("<STORE>", "the store's directory")
    .argument("<TARGET>", "the new store's directory; must not exist, or be empty")
    .action(act(snapshot));

async function snapshot(args: SnapshotArguments, environment: Environment): Promise<ExitCode> {
  const { store, json, target } = args;
  const { stdout, watch } = environment;
  requireOutside("snapshot", store, target);
  return copyStore("snapshot", store, environment, openLogReader, async () => {
    const { segments, records, bytes, lastTxid } = await snapshotTo(store, target, watch);
    const fields = {
      target,
      segments,
      records_written: records,
      bytes_written: bytes,
      last_txid: lastTxid,
    };
    const rows = [["schema", SCHEMA], ["kind", "snapshot"], ...sizeRows(fields)] as const;
    stdout.write(json ? jsonLine("snapshot", fields) : renderRows(rows, LABEL_WIDTH, stdout));
  });
}

const LABEL_WIDTH = 17;
