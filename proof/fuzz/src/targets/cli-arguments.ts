import type { FuzzTarget } from "@datawal/fuzz";
import { positionals } from "../../../../packages/cli/src/arguments/key.js";
import type { Act, DefineCommand } from "../../../../packages/cli/src/commands/command.js";
import { defineCompact } from "../../../../packages/cli/src/commands/compact.js";
import { defineGet } from "../../../../packages/cli/src/commands/get.js";
import { defineImport } from "../../../../packages/cli/src/commands/import.js";
import { definePut } from "../../../../packages/cli/src/commands/put.js";
import { defineScan } from "../../../../packages/cli/src/commands/scan.js";
import { defineTail } from "../../../../packages/cli/src/commands/tail.js";
import { Failure } from "../../../../packages/cli/src/failure.js";

const DEFINE: ReadonlyMap<string, DefineCommand> = new Map([
  ["scan", defineScan],
  ["tail", defineTail],
  ["get", defineGet],
  ["put", definePut],
  ["import", defineImport],
  ["compact", defineCompact],
]);

const line = (...words: readonly string[]) => new TextEncoder().encode(words.join("\n"));
const text = (word: string) => new TextEncoder().encode(word);

/**
 * Lines as the words of a command line: it is understood or refused, by commander or by a failure of ours, and nothing
 * that was understood is another type than its command takes it for. Commands are not run.
 */
export function cliArguments(): FuzzTarget {
  return {
    name: "cli_arguments",
    seeds: [
      line("scan", "store"),
      line("scan", "store", "--from-segment", "3", "--from-offset", "40", "--json"),
      line("get", "store", "--key-hex", "61"),
      line("get", "store", "key", "--bytes", "raw"),
      line("put", "store", "value", "--key", "k", "--create"),
      line("import", "store", "file", "--raw"),
      line("compact", "store", "--in-place", "--dry-run"),
      line("tail", "store", "--limit", "5"),
      line("--help"),
    ],
    words: [
      "\n--",
      "\n--from-offset\n",
      "\n--limit\n",
      "\n--key=",
      "\n-k",
      "-1",
      "\n--\n",
      "\n--no-truncate",
      "__proto__",
    ].map(text),
    bytesMax: 200,
    run: (input) => {
      const argv = Buffer.from(input).toString("utf8").split("\n");
      const name = argv[0];
      let understood = "";
      const act: Act = () =>
        async function (this) {
          const facts = { ...positionals(this), ...this.opts() };
          requireTypes(facts);
          understood = Object.keys(facts).length > 2 ? "with options" : "plain";
        };
      const command = DEFINE.get(name!)?.(act);
      if (!command) return "no command";
      command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
      let failure: unknown;
      // An action begins at once; what it refuses comes as a rejection.
      try {
        void command.parseAsync(argv.slice(1), { from: "user" }).catch(() => undefined);
      } catch (error) {
        failure = error;
      }
      if (failure === undefined) return understood || "refused";
      if (failure instanceof Failure) return "refused";
      throw failure;
    },
  };
}

/** Numbers are whole ones from 0, and no option has come to be something else than text, a number, or set. */
function requireTypes(facts: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(facts)) {
    if (typeof value === "number" ? Number.isInteger(value) && value >= 0 : isPlain(value)) continue;
    throw new Error(`option ${name} was understood as ${String(value)}`);
  }
}

function isPlain(value: unknown): boolean {
  return (
    value === undefined || typeof value === "string" || typeof value === "boolean" || Array.isArray(value)
  );
}
