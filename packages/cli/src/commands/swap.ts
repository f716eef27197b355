import { resolve } from "node:path";
import { nodeFileSystem } from "@datawal/safeatomic";
import { Command } from "commander";
import { replaceStore } from "datawal";
import type { Environment } from "../environment.js";
import { ExitCode } from "../exit-code.js";
import { jsonLine, SCHEMA } from "../render/json.js";
import { writeMessage } from "../render/message.js";
import { renderRows } from "../render/table.js";
import { noStore } from "../store/store-failure.js";
import { swapFailure } from "../store/swap-failure.js";
import { whatIsThere } from "../store/what-is-there.js";
import type { DefineCommand, StoreArguments } from "./command.js";

interface SwapArguments extends StoreArguments {
  replacement: string;
  force?: boolean;
}

export const defineSwap: DefineCommand = (act) =>
  new Command("swap")
    .description(
      "Put a compacted copy in its store's place and remove the one replaced, when both are proven to hold the same.",
    )
    .argument("<STORE>", "the store's directory")
    .argument("<REPLACEMENT>", "the directory of an intact store; it will be STORE")
    .option("--force", "without the proof: what only STORE holds is lost")
    .action(act(swap));

/** Run again with the same arguments, it finishes a swap that was interrupted. */
async function swap(args: SwapArguments, { stdout, stderr, watch }: Environment): Promise<ExitCode> {
  const { store, replacement, json, force = false } = args;
  await requireNoOtherDirectory(store);
  if (force)
    writeMessage(stderr, "swap", `--force: no proof is asked for; what only ${store} holds is given up`);
  try {
    await replaceStore(resolve(store), resolve(replacement), { ...watch, force });
  } catch (error) {
    throw swapFailure(error, store, replacement);
  }
  const fields = { store, replacement };
  const rows = [["schema", SCHEMA], ["kind", "swap"], ...Object.entries(fields)] as const;
  stdout.write(json ? jsonLine("swap", fields) : renderRows(rows, LABEL_WIDTH, stdout));
  return ExitCode.fine;
}

const LABEL_WIDTH = 13;

/** Where nothing is, a swap may have been interrupted; a directory that is no store is not to be replaced. @throws Failure */
async function requireNoOtherDirectory(store: string): Promise<void> {
  if (nodeFileSystem.stat(resolve(store)) === undefined) return;
  const there = await whatIsThere(store);
  if (there === "a directory without one") throw noStore(store, there);
}
