import { Command } from "commander";
import { DataWal } from "datawal";
import { addKeyArguments, decodeKey, type KeyArguments } from "../arguments/key.js";
import type { Environment } from "../environment.js";
import { ExitCode } from "../exit-code.js";
import { encodeBytes } from "../render/bytes.js";
import { fieldText } from "../render/field.js";
import { jsonLine, SCHEMA } from "../render/json.js";
import { writeMessage } from "../render/message.js";
import { renderRows } from "../render/table.js";
import { changeStore } from "../store/open-writer.js";
import type { DefineCommand, StoreArguments } from "./command.js";

interface DeleteArguments extends StoreArguments, KeyArguments {}

export const defineDelete: DefineCommand = (act) =>
  addKeyArguments(
    new Command("delete")
      .description("Delete a key, durably. Where it is not there, nothing is written.")
      .argument("<STORE>", "the store's directory"),
  ).action(act(deleteKey));

async function deleteKey(args: DeleteArguments, environment: Environment): Promise<ExitCode> {
  const { store, json } = args;
  const { stdout, stderr } = environment;
  const key = decodeKey(args);
  const wasThere = await changeStore("delete", { store }, environment, DataWal.open, (db: DataWal) =>
    db.delete(key),
  );
  const key_base64 = encodeBytes(key, "base64");
  if (json) stdout.write(jsonLine(wasThere ? "delete" : "miss", { key_base64 }));
  else if (wasThere) stdout.write(renderRows(deletedRows(key), LABEL_WIDTH, stdout));
  if (!wasThere) writeMessage(stderr, "delete", "key not found");
  return wasThere ? ExitCode.fine : ExitCode.recoverable;
}

const LABEL_WIDTH = 8;

function deletedRows(key: Uint8Array) {
  return [
    ["schema", SCHEMA],
    ["kind", "delete"],
    ["key", fieldText(key, "auto", Number.POSITIVE_INFINITY)],
  ] as const;
}
