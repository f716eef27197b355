import { Command, Option } from "commander";
import { DataWal } from "datawal";
import { addKeyArguments, decodeKey, type KeyArguments } from "../arguments/key.js";
import type { Environment } from "../environment.js";
import { ExitCode } from "../exit-code.js";
import { readValue, type ValueArguments } from "../input/value.js";
import { encodeBytes } from "../render/bytes.js";
import { fieldText } from "../render/field.js";
import { jsonLine, SCHEMA } from "../render/json.js";
import { renderRows } from "../render/table.js";
import { changeStore } from "../store/open-writer.js";
import type { DefineCommand, StoreArguments } from "./command.js";

interface PutArguments extends StoreArguments, KeyArguments, ValueArguments {
  create?: boolean;
}

export const definePut: DefineCommand = (act) =>
  addKeyArguments(
    new Command("put")
      .description("Give a key a value, durably.")
      .argument("<STORE>", "the store's directory"),
  )
    .argument("[VALUE]", "the value, as UTF-8 text; - reads it from standard input")
    .addOption(new Option("--file <FILE>", "take the value from this file, byte for byte"))
    .option("--create", "make the store if it is missing")
    .action(act(put));

async function put(args: PutArguments, environment: Environment): Promise<ExitCode> {
  const { store, json, create = false } = args;
  const key = decodeKey(args);
  const value = await readValue(args, environment);
  const place = await changeStore("put", { store, create }, environment, DataWal.open, (db: DataWal) => {
    db.put(key, value);
    return db.refOf(key)!;
  });
  const fields = { value_len: value.length, ...place };
  const rows = [
    ["schema", SCHEMA],
    ["kind", "put"],
    ["key", fieldText(key, "auto", Number.POSITIVE_INFINITY)],
    ...Object.entries(fields),
  ] as const;
  environment.stdout.write(
    json
      ? jsonLine("put", { key_base64: encodeBytes(key, "base64"), ...fields })
      : renderRows(rows, LABEL_WIDTH, environment.stdout),
  );
  return ExitCode.fine;
}

const LABEL_WIDTH = 11;
