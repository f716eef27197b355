import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { GROUPS } from "./groups.mjs";

export const USAGE = `usage: pnpm bench [GROUP]... [--quick] [--rounds N] [--dir DIR] [--verify-bytes N]
             [--overwrites N] [--live-mib N] [--seconds N] [--write-docs]
       pnpm bench [GROUP]... --compare BEFORE AFTER [--quick] [--rounds N] [--dir DIR]

  GROUP           any of ${Object.keys(GROUPS).join(", ")}; all when none is named
  --quick         tiny sizes and two rounds: shows that everything runs; its figures mean nothing
  --rounds N      rounds of each comparison; 5 when absent
  --dir DIR       where to work: on the disk to be measured; bench/work when absent
  --verify-bytes N  the size of the store that is verified; 1 GiB when absent
  --overwrites N  how often a key is put again in "compaction"; 5,000,000 when absent
  --live-mib N    how much is live there, in MiB of keys and values; 100 when absent
  --seconds N     how long each store of "mixed" is used; 600 when absent
  --write-docs    puts raw results and pictures into bench/results, and the latest figures of every group into
                  docs/benchmarks.md
  --compare       two checkouts, built, against each other and nobody else; prints what became slower, and ends with 1
                  where something did`;

/** @returns Checked and complete. @throws Error with a message for the user */
export function parseOptions(words) {
  const { values, positionals } = parseArgs({
    args: words,
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      dir: { type: "string" },
      "verify-bytes": { type: "string" },
      overwrites: { type: "string" },
      "live-mib": { type: "string" },
      seconds: { type: "string" },
      "write-docs": { type: "boolean", default: false },
      compare: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const trees = values.compare ? positionals.splice(-2).map((tree) => resolve(tree)) : undefined;
  if (trees && trees.length < 2) throw new Error(`bench: --compare expected two checkouts\n${USAGE}`);
  if (trees && positionals.includes("cli"))
    throw new Error('bench: --compare has no group "cli": its programs are whole');
  for (const name of positionals)
    if (!Object.hasOwn(GROUPS, name)) throw new Error(`bench: no group "${name}"\n${USAGE}`);
  const isQuick = values.quick;
  if (values["write-docs"] && (isQuick || trees))
    throw new Error("bench: --write-docs expects figures that mean something: no --quick and no --compare");
  return Object.freeze({
    groups:
      positionals.length > 0 ? positionals : Object.keys(GROUPS).filter((name) => !(trees && name === "cli")),
    trees,
    isQuick,
    rounds: wholeNumber("rounds", values.rounds ?? (isQuick ? "2" : "5")),
    directory: values.dir,
    verifyBytes: wholeNumber("verify-bytes", values["verify-bytes"] ?? String(isQuick ? 2 ** 22 : 2 ** 30)),
    overwrites: wholeNumber("overwrites", values.overwrites ?? (isQuick ? "20000" : "5000000")),
    liveMib: wholeNumber("live-mib", values["live-mib"] ?? (isQuick ? "1" : "100")),
    seconds: wholeNumber("seconds", values.seconds ?? (isQuick ? "1" : "600")),
    writesDocs: values["write-docs"],
    isHelp: values.help,
  });
}

function wholeNumber(name, text) {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new Error(`bench: --${name} expected a whole number from 1, got ${text}`);
}
