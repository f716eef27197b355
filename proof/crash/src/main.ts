import { LAYERS } from "./laboratory/layers.js";
import { parseOptions, type RunOptions, USAGE } from "./laboratory/options.js";
import { replay } from "./laboratory/replay.js";
import { runEverything } from "./laboratory/run-everything.js";
import { runWorker } from "./laboratory/worker.js";

/** `pnpm crash`; `--help` says the rest. Ends with 0 when no sentence was broken and every mutant was killed. */
async function main(options: RunOptions): Promise<number> {
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  if (options.worker) return await runWorker(LAYERS, options);
  if (options.case !== undefined) return await replay(LAYERS, options);
  return await runEverything(LAYERS, options);
}

try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
