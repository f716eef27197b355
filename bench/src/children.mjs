import { spawnSync } from "node:child_process";
import { join } from "node:path";

const HERE = join(import.meta.dirname, "..", "..");

/**
 * Runs one operation of a contender in a process of its own.
 *
 * @param contender `program` (a file of contenders/, `rust`, or `process`), `operation`, `job`, `nodeFlags`, and the
 * `tree` whose it is, where that is another checkout.
 * @returns The measurement it printed.
 */
export function runChild(contender, rustProgram) {
  if (contender.program === "process") return runProcess(contender);
  const { command, words } = commandLine(contender, rustProgram);
  const { status, signal, stdout, stderr, error } = spawnSync(command, words, {
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  if (error || status !== 0) {
    const reason =
      error?.message ?? `ended with ${signal ?? status}: ${stderr.trim().split("\n").slice(-8).join("\n")}`;
    throw new Error(`bench: ${contender.program} ${contender.operation}: ${reason}`);
  }
  return JSON.parse(stdout);
}

function commandLine({ program, operation, job, nodeFlags = [], tree = HERE }, rustProgram) {
  if (program !== "rust")
    return {
      command: process.execPath,
      words: [...nodeFlags, join(tree, "bench", "src", "child.mjs"), program, operation, JSON.stringify(job)],
    };
  const words = [operation, job.directory, ...Object.entries(job).map(([name, value]) => `${name}=${value}`)];
  return { command: rustProgram, words };
}

/** A whole program from its start to its end; what it prints goes nowhere. */
function runProcess({ words, subtractMs = 0 }) {
  const startMs = performance.now();
  const { status, error } = spawnSync(process.execPath, words, { stdio: ["ignore", "ignore", "pipe"] });
  const elapsedMs = performance.now() - startMs;
  if (error || status !== 0)
    throw new Error(`bench: "node ${words.join(" ")}" ended with ${error ?? status}`);
  return { milliseconds: elapsedMs - subtractMs };
}
