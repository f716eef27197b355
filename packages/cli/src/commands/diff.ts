import { Command } from "commander";
import type { Environment } from "../environment.js";
import { ExitCode } from "../exit-code.js";
import { OutputClosed } from "../output/output.js";
import { encodeBytes } from "../render/bytes.js";
import { fieldWriter } from "../render/field-writer.js";
import { jsonLine, SCHEMA } from "../render/json.js";
import { renderRows } from "../render/table.js";
import { requireWhole } from "../store/copy-store.js";
import { type Difference, differences } from "../store/differences.js";
import { tellWarnings } from "../store/gap-warning.js";
import { openReader, readStore } from "../store/open-store.js";
import { warnOfTail } from "../store/tail-warning.js";
import type { DefineCommand, StoreArguments } from "./command.js";

interface DiffArguments extends StoreArguments {
  other: string;
}

export const defineDiff: DefineCommand = (act) =>
  new Command("diff")
    .description(
      "Compare the live pairs of two stores: - key only in STORE, + only in OTHER, ~ with another value.",
    )
    .argument("<STORE>", "the store's directory")
    .argument("<OTHER>", "the other store's directory")
    .action(act(diff));

async function diff({ store, other, json }: DiffArguments, environment: Environment): Promise<ExitCode> {
  const { stdout, watch } = environment;
  await using reader = await openReader(store, watch);
  await using otherReader = await openReader(other, watch);
  const reports = [reader.recoveryReport(), otherReader.recoveryReport()] as const;
  requireWhole(store, reports[0], "nothing was compared");
  requireWhole(other, reports[1], "nothing was compared");
  const counts = { "only-in-store": 0, "only-in-other": 0, different: 0 };
  const print = json ? printJson : printLine;
  try {
    await readStore(store, async () => {
      for (const difference of differences({ name: store, reader }, { name: other, reader: otherReader })) {
        if (difference) {
          counts[difference.found]++;
          print(difference, environment);
        }
        watch.signal.throwIfAborted();
        await stdout.drain();
      }
    });
    printCounts(counts, json, environment);
    [store, other].forEach((name, index) => {
      tellWarnings("diff", name, reports[index]!, environment);
      warnOfTail("diff", name, reports[index]!, environment);
    });
    await stdout.flush();
  } catch (error) {
    // Who looks at the first lines alone is not to be told that the stores are the same.
    if (!(error instanceof OutputClosed)) throw error;
  }
  return Object.values(counts).some((count) => count > 0) ? ExitCode.recoverable : ExitCode.fine;
}

function printJson({ key, found }: Difference, { stdout }: Environment): void {
  stdout.write(jsonLine("difference", { key_base64: encodeBytes(key, "base64"), found }));
}

const SIGNS = { "only-in-store": "- ", "only-in-other": "+ ", different: "~ " };

function printLine({ key, found }: Difference, { stdout }: Environment): void {
  stdout.write(SIGNS[found]);
  fieldWriter(stdout, { bytes: "auto", truncate: false })(stdout.gathered, key);
  stdout.write("\n");
}

function printCounts(
  counts: Record<Difference["found"], number>,
  json: boolean | undefined,
  { stdout }: Environment,
): void {
  const fields = {
    only_in_store: counts["only-in-store"],
    only_in_other: counts["only-in-other"],
    different: counts.different,
  };
  const rows = [["schema", SCHEMA], ["kind", "diff"], ...Object.entries(fields)] as const;
  stdout.write(json ? jsonLine("diff", fields) : renderRows(rows, LABEL_WIDTH, stdout));
}

const LABEL_WIDTH = 15;
