import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";

/** Nothing is collected meanwhile, and V8 compiles what runs often when it does, not when another core has time. */
const NODE_OPTIONS = ["--expose-gc", "--min-semi-space-size=64", "--no-concurrent-recompilation"];

/** So often a piece of work runs: V8 has compiled it by then. */
const ROUNDS = 3;

const measuringProgram = (program: string) => `
  import { COUNT, work } from ${JSON.stringify(program)};
  const growths = [];
  for (let round = 0; round < ${ROUNDS}; round++) {
    globalThis.gc();
    const before = process.memoryUsage().heapUsed;
    work();
    growths.push(process.memoryUsage().heapUsed - before);
  }
  console.log(Math.min(...growths) / COUNT);`;

/**
 * What a program's `work` allocates on V8's heap: the least of several rounds, in a process of its own, since V8 compiles
 * otherwise what other tests have used otherwise.
 *
 * @param program Path of a module that exports `work`, and as `COUNT` on how much it works.
 * @returns Bytes for each of these. Half a million in all are V8's, whatever the program does.
 */
export function heapGrowthOf(program: string): number {
  const directory = mkdtempSync(join(tmpdir(), "datawal-"));
  const outfile = join(directory, "program.mjs");
  try {
    buildSync({
      stdin: { contents: measuringProgram(program), resolveDir: import.meta.dirname },
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      conditions: ["@datawal/source"],
      external: ["fs-ext", "@node-rs/crc32"],
    });
    return Number(execFileSync(process.execPath, [...NODE_OPTIONS, outfile], { encoding: "utf8" }));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
