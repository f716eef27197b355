import { resolve } from "node:path";
import { nodeFileSystem } from "@datawal/safeatomic";
import { Command } from "commander";
import type { Environment } from "../environment.js";
import type { ExitCode } from "../exit-code.js";
import { Failure } from "../failure.js";
import { jsonLine, SCHEMA } from "../render/json.js";
import { renderRows } from "../render/table.js";
import { copyStore } from "../store/copy-store.js";
import type { DefineCommand, StoreArguments } from "./command.js";

interface ExportArguments extends StoreArguments {
  outfile: string;
}

export const defineExport: DefineCommand = (act) =>
  new Command("export")
    .description(
      "Write every live key and its value to a new file, as JSON lines in base64, in the order of the keys.",
    )
    .argument("<STORE>", "the store's directory")
    .argument("<OUTFILE>", "the file to write; must not exist")
    .action(act(exportStore));

async function exportStore(args: ExportArguments, environment: Environment): Promise<ExitCode> {
  const { store, json, outfile } = args;
  requireNothingAt(outfile);
  return copyStore("export", store, environment, async (reader) => {
    const { recordsWritten, bytesWritten } = await reader.exportJsonl(outfile);
    const fields = { outfile, records_written: recordsWritten, bytes_written: bytesWritten };
    const rows = [["schema", SCHEMA], ["kind", "export"], ...Object.entries(fields)] as const;
    environment.stdout.write(json ? jsonLine("export", fields) : renderRows(rows, LABEL_WIDTH));
  });
}

const LABEL_WIDTH = 17;

/** Whatever stands there, a link that leads nowhere included. */
function requireNothingAt(outfile: string): void {
  if (nodeFileSystem.stat(resolve(outfile)) === undefined) return;
  throw new Failure(
    `export: refuses to overwrite existing file: ${outfile}; name another file, or remove this one`,
  );
}
