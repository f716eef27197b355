import { datawalSuite, type FuzzSuite, keepsPairs, keepsTheLog, type SuiteLaw } from "@datawal/fuzz";
import { corpusOf } from "./corpus.js";
import { realLog, realStore } from "./real/places.js";
import { cliArguments } from "./targets/cli-arguments.js";
import { cliKey } from "./targets/cli-key.js";

const CHILD = new URL("real/child.mjs", import.meta.url);

/** The suite of `datawal-fuzz`, and what only this repository can run: real directories, and the command's parsers. */
export function fuzzSuite(child: URL = CHILD): FuzzSuite {
  const { laws, targets } = datawalSuite();
  const onDisk = (law: unknown): SuiteLaw => ({ law: law as SuiteLaw["law"], runs: 50 });
  return {
    laws: {
      ...laws,
      keepsTheLogOnDisk: onDisk(keepsTheLog(() => realLog(child))),
      keepsPairsOnDisk: onDisk(keepsPairs(() => realStore(child))),
    },
    targets: [
      ...targets,
      { target: cliKey(), executions: 270_000 },
      { target: cliArguments(), executions: 60_000 },
    ].map(({ target, executions }) => ({
      target: { ...target, seeds: [...target.seeds, ...corpusOf(target.name)] },
      executions,
    })),
  };
}
