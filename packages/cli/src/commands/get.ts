import { Command } from "commander";
import { type BytesForm, bytesFormOption } from "../arguments/bytes-form.js";
import { addKeyOptions, decodeKey, type KeyArguments } from "../arguments/key.js";
import type { Environment } from "../environment.js";
import { ExitCode } from "../exit-code.js";
import { encodeBytes } from "../render/bytes.js";
import { jsonLine } from "../render/json.js";
import { writeValue } from "../render/value.js";
import { openReader, readStore } from "../store/open-store.js";
import { warnOfTail } from "../store/tail-warning.js";
import type { DefineCommand, StoreArguments } from "./command.js";

interface GetArguments extends StoreArguments, KeyArguments {
  bytes: BytesForm;
}

export const defineGet: DefineCommand = (act) =>
  addKeyOptions(
    new Command("get")
      .description("Print the value of one key, all of it.")
      .argument("<STORE>", "the store's directory"),
  )
    .addOption(bytesFormOption())
    .option("--no-truncate", "without effect: a value is never cut (the reference's option)")
    .action(act(get));

async function get(args: GetArguments, environment: Environment): Promise<ExitCode> {
  const { store, json, bytes } = args;
  const key = decodeKey(args);
  const reader = await openReader(store, environment.watch);
  const value = await readStore(store, () => reader.get(key)).finally(() => reader.close());
  const tailCode = warnOfTail("get", store, reader.recoveryReport(), environment);
  if (json) environment.stdout.write(getJson(key, value));
  else if (value) writeValue("get", value, bytes, environment);
  if (value === undefined) environment.stderr.write("datawal: get: key not found\n");
  if (tailCode === ExitCode.corruption) return tailCode;
  return value === undefined ? ExitCode.recoverable : ExitCode.fine;
}

function getJson(key: Uint8Array, value: Uint8Array | undefined): string {
  const key_base64 = encodeBytes(key, "base64");
  if (value === undefined) return jsonLine("miss", { key_base64 });
  return jsonLine("value", {
    key_base64,
    value_base64: encodeBytes(value, "base64"),
    value_len: value.length,
  });
}
