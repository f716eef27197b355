import { Command } from "commander";
import { DataWal } from "datawal";
import { addKeyOptions, decodeKey, type KeyArguments } from "../arguments/key.js";
import type { Environment } from "../environment.js";
import { ExitCode } from "../exit-code.js";
import { encodeBytes, renderField } from "../render/bytes.js";
import { jsonLine, SCHEMA } from "../render/json.js";
import { renderRows } from "../render/table.js";
import { changeStore } from "../store/open-writer.js";
import type { DefineCommand, StoreArguments } from "./command.js";

interface DeleteArguments extends StoreArguments, KeyArguments {}

export const defineDelete: DefineCommand = (act) =>
  addKeyOptions(
    new Command("delete")
      .description("Delete a key, durably. Where it is not there, nothing is written.")
      .argument("<STORE>", "the store's directory"),
  ).action(act(deleteKey));

async function deleteKey(args: DeleteArguments, environment: Environment): Promise<ExitCode> {
  const { store, json } = args;
  const { stdout, stderr } = environment;
  const key = decodeKey(args);
  const wasThere = await changeStore("delete", { store }, environment, DataWal.open, (db: DataWal) => {
    return db.has(key) && db.delete(key);
  });
  const key_base64 = encodeBytes(key, "base64");
  if (json) stdout.write(jsonLine(wasThere ? "delete" : "miss", { key_base64 }));
  else if (wasThere) stdout.write(renderRows(deletedRows(key), LABEL_WIDTH));
  if (!wasThere) stderr.write("datawal: delete: key not found\n");
  return wasThere ? ExitCode.fine : ExitCode.recoverable;
}

const LABEL_WIDTH = 8;

function deletedRows(key: Uint8Array) {
  return [
    ["schema", SCHEMA],
    ["kind", "delete"],
    ["key", renderField(key, "auto", Number.POSITIVE_INFINITY)],
  ] as const;
}
