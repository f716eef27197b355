import type { LogVerification } from "@datawal/record-log";
import { Command } from "commander";
import { type BytesForm, bytesFormOption } from "../arguments/bytes-form.js";
import { addKeyArguments, decodeKey, type KeyArguments } from "../arguments/key.js";
import type { Environment } from "../environment.js";
import { ExitCode } from "../exit-code.js";
import { encodeBytes } from "../render/bytes.js";
import { type JsonFields, jsonLine } from "../render/json.js";
import { writeMessage } from "../render/message.js";
import { writeValue } from "../render/value.js";
import { warnOfGap } from "../store/gap-warning.js";
import { LastOfKey } from "../store/last-of-key.js";
import { readInto } from "../store/open-store.js";
import { warnOfTail } from "../store/tail-warning.js";
import { framesBeyond, warnOfUnread } from "../store/unread-warning.js";
import type { DefineCommand, StoreArguments } from "./command.js";

interface GetArguments extends StoreArguments, KeyArguments {
  bytes: BytesForm;
}

export const defineGet: DefineCommand = (act) =>
  addKeyArguments(
    new Command("get")
      .description("Print the value of one key, all of it.")
      .argument("<STORE>", "the store's directory"),
  )
    .addOption(bytesFormOption())
    .option("--no-truncate", "without effect: a value is never cut (the reference's option)")
    .action(act(get));

/** Reads the log through, so that it finds the key in a store that does not open, and can tell whether to trust what it found. */
async function get(args: GetArguments, environment: Environment): Promise<ExitCode> {
  const { store, json, bytes } = args;
  const { stdout, stderr, watch } = environment;
  const key = decodeKey(args);
  const [found, last] = await readInto(store, watch, () => new LastOfKey(key));
  const { value } = last;
  const mayBeStale = last.mayBeStale(found);
  if (json) stdout.write(getJson(key, value, mayBeStale, framesBeyond(found)));
  else if (value) writeValue("get", value, bytes, environment);
  if (value === undefined) writeMessage(stderr, "get", "key not found");
  warn(store, found, mayBeStale, environment);
  if (found.verdict === "damaged") return ExitCode.corruption;
  return value === undefined ? ExitCode.recoverable : ExitCode.fine;
}

/** What a crash leaves is no reason to doubt: one line says so. */
function warn(store: string, found: LogVerification, mayBeStale: boolean, environment: Environment): void {
  if (found.verdict === "damaged") {
    warnOfUnread("get", store, found, environment, mayBeStale ? STALE : NEWEST);
    return;
  }
  warnOfTail("get", store, found.report, environment);
  warnOfGap("get", store, found.report, environment, mayBeStale ? "may be stale: " : "");
}

const STALE =
  "may be stale: what is missing or cannot be read may hold a newer value of this key, or delete it";
const NEWEST =
  "not all of the log could be read; what was found of this key lies behind the damage, and is the newest";

function getJson(
  key: Uint8Array,
  value: Uint8Array | undefined,
  mayBeStale: boolean,
  beyond: number,
): string {
  const key_base64 = encodeBytes(key, "base64");
  const doubt: JsonFields = {
    ...(mayBeStale ? { may_be_stale: true } : {}),
    ...(beyond > 0 ? { valid_frames_beyond: beyond } : {}),
  };
  if (value === undefined) return jsonLine("miss", { key_base64, ...doubt });
  return jsonLine("value", {
    key_base64,
    value_base64: encodeBytes(value, "base64"),
    value_len: value.length,
    ...doubt,
  });
}
