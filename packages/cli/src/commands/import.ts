import { RecordLog } from "@datawal/record-log";
import { Command } from "commander";
import { DataWal } from "datawal";
import type { Environment } from "../environment.js";
import { ExitCode } from "../exit-code.js";
import { importFailure } from "../input/import-failure.js";
import { type Input, openInput } from "../input/input.js";
import { appendLines } from "../input/raw-lines.js";
import { jsonLine, SCHEMA } from "../render/json.js";
import { renderRows } from "../render/table.js";
import { changeStore, type WriteTarget } from "../store/open-writer.js";
import type { DefineCommand, StoreArguments } from "./command.js";

interface ImportArguments extends StoreArguments {
  file: string;
  raw?: boolean;
  create?: boolean;
}

export const defineImport: DefineCommand = (act) =>
  new Command("import")
    .description("Put the pairs of a file of JSON lines, as export writes them, into a store, durably.")
    .argument("<STORE>", "the store's directory")
    .argument("<FILE>", "the file of lines; - for standard input")
    .option("--raw", "instead, append every line as it is, as a Raw record")
    .option("--create", "make the store if it is missing")
    .action(act(importFile));

async function importFile(args: ImportArguments, environment: Environment): Promise<ExitCode> {
  const { store, json, file, raw = false, create = false } = args;
  const input = openInput(file, environment);
  const importTo = raw ? importLines : importPairs;
  const fields = { records_imported: await importTo({ store, create }, input, environment) };
  const rows = [["schema", SCHEMA], ["kind", "import"], ...Object.entries(fields)] as const;
  environment.stdout.write(
    json ? jsonLine("import", fields) : renderRows(rows, LABEL_WIDTH, environment.stdout),
  );
  return ExitCode.fine;
}

const LABEL_WIDTH = 18;

function importPairs(target: WriteTarget, input: Input, environment: Environment): Promise<number> {
  return changeStore("import", target, environment, DataWal.open, async (db: DataWal) => {
    try {
      return (await db.importJsonl(input.chunks, input.watch)).recordsImported;
    } catch (error) {
      throw importFailure(error, input.name);
    }
  });
}

function importLines(target: WriteTarget, input: Input, environment: Environment): Promise<number> {
  return changeStore("import", target, environment, RecordLog.open, (log) => appendLines(log, input));
}
