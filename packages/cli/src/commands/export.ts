import { isRecordLogError } from "@datawal/record-log";
import { Command } from "commander";
import type { DataWalReader, ExportResult } from "datawal";
import type { Environment } from "../environment.js";
import { ExitCode } from "../exit-code.js";
import { Failure } from "../failure.js";
import { STANDARD_STREAM } from "../input/file-chunks.js";
import { jsonLine, SCHEMA } from "../render/json.js";
import { renderRows } from "../render/table.js";
import { copyStore } from "../store/copy-store.js";
import { exportLines } from "../store/export-lines.js";
import { openReader } from "../store/open-store.js";
import { requireOutside } from "../store/target.js";
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
    .argument("<OUTFILE>", "the file to write; must not exist; - prints the lines")
    .action(act(exportStore));

async function exportStore(args: ExportArguments, environment: Environment): Promise<ExitCode> {
  const { store, json, outfile } = args;
  if (outfile === STANDARD_STREAM)
    return copyStore("export", store, environment, openReader, (reader) => exportLines(reader, environment));
  requireOutside("export", store, outfile);
  return copyStore("export", store, environment, openReader, async (reader) => {
    const { recordsWritten, bytesWritten } = await exportTo(outfile, reader, environment);
    const fields = { outfile, records_written: recordsWritten, bytes_written: bytesWritten };
    const rows = [["schema", SCHEMA], ["kind", "export"], ...Object.entries(fields)] as const;
    environment.stdout.write(
      json ? jsonLine("export", fields) : renderRows(rows, LABEL_WIDTH, environment.stdout),
    );
  });
}

const LABEL_WIDTH = 17;

/** Whatever stands there, a link that leads nowhere included, stays there. */
async function exportTo(
  outfile: string,
  reader: DataWalReader,
  { watch }: Environment,
): Promise<ExportResult> {
  try {
    return await reader.exportJsonl(outfile, { ...watch, overwrite: false });
  } catch (error) {
    if (!isRecordLogError(error, "ERR_DATAWAL_TARGET_EXISTS")) throw error;
    throw new Failure(
      `export: refuses to overwrite existing file: ${outfile}; name another file, or remove this one`,
      ExitCode.cannotProceed,
      error,
    );
  }
}
