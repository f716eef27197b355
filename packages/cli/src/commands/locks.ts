import { Command } from "commander";
import type { Environment } from "../environment.js";
import { ExitCode } from "../exit-code.js";
import { jsonLine, SCHEMA } from "../render/json.js";
import { type Row, renderRows } from "../render/table.js";
import { lockOf } from "../store/lock-of.js";
import type { DefineCommand, StoreArguments } from "./command.js";

export const defineLocks: DefineCommand = (act) =>
  new Command("locks")
    .description("Say whether a writer holds the store's lock, without taking it, and which process that is.")
    .argument("<STORE>", "the store's directory")
    .action(act(locks));

async function locks({ store, json }: StoreArguments, { stdout }: Environment): Promise<ExitCode> {
  const { state, owner } = await lockOf(store);
  const fields = { state, ...(state !== "free" && isPid(owner) ? { pid: Number(owner) } : {}) };
  const rows: Row[] = [["schema", SCHEMA], ["kind", "locks"], ...Object.entries(fields)];
  stdout.write(json ? jsonLine("locks", fields) : renderRows(rows, LABEL_WIDTH, stdout));
  return ExitCode.fine;
}

const LABEL_WIDTH = 8;

/** Every writer notes its process id; whatever else stands there is nobody's. */
function isPid(owner: string): boolean {
  return /^[1-9]\d{0,9}$/.test(owner);
}
