import type { Output } from "../output/output.js";
import { safeLine } from "./terminal-safe.js";
import { wrap } from "./wrap.js";

/** Columns that the lines of a message but the first stand in from the left. */
const INDENT = 2;

/** Says something about a command's result: in one line, which only a terminal breaks. */
export function writeMessage(output: Output, command: string, message: string): void {
  output.write(`${messageText(`datawal: ${command}: ${message}`, output)}\n`);
}

/** @param line Shown safely. */
export function messageText(line: string, { columns }: Pick<Output, "columns">): string {
  return wrap(safeLine(line), { columns, firstColumn: 0, indent: INDENT }).join("\n");
}
