import { Command } from "commander";
import { type BytesForm, bytesFormOption } from "../arguments/bytes-form.js";
import type { Environment } from "../environment.js";
import { type ExitCode, exitCodeOf } from "../exit-code.js";
import { encodeBytes } from "../render/bytes.js";
import { fieldWriter } from "../render/field-writer.js";
import { jsonLine } from "../render/json.js";
import { LiveKeys } from "../store/live-keys.js";
import { readInto } from "../store/open-store.js";
import { warnOfUnread } from "../store/unread-warning.js";
import type { DefineCommand, StoreArguments } from "./command.js";

interface KeysArguments extends StoreArguments {
  prefix: string;
  count?: boolean;
  bytes: BytesForm;
}

export const defineKeys: DefineCommand = (act) =>
  new Command("keys")
    .description("Print every live key, one a line, in the order of the log; they are held in memory.")
    .argument("<STORE>", "the store's directory")
    .option("--prefix <TEXT>", "only keys that begin with this UTF-8 text", "")
    .option("--count", "print only how many there are")
    .addOption(bytesFormOption())
    .action(act(keys));

async function keys(args: KeysArguments, environment: Environment): Promise<ExitCode> {
  const { store, json, prefix, count = false } = args;
  const { stdout, watch } = environment;
  const [found, live] = await readInto(store, watch, () => new LiveKeys(prefix));
  if (count) stdout.write(json ? jsonLine("keys", { count: live.count }) : `${live.count}\n`);
  else await printKeys(live, args, environment);
  warnOfUnread("keys", store, found, environment);
  return exitCodeOf(found.verdict);
}

async function printKeys(
  live: LiveKeys,
  { json, bytes }: KeysArguments,
  { stdout, watch }: Environment,
): Promise<void> {
  const writeKey = fieldWriter(stdout, { bytes, truncate: false });
  for (const key of live) {
    if (json) stdout.write(jsonLine("key", { key_base64: encodeBytes(key, "base64") }));
    else {
      writeKey(stdout.gathered, key);
      stdout.write("\n");
    }
    watch.signal.throwIfAborted();
    await stdout.drain();
  }
}
