import { ExitCode } from "./exit-code.js";
import { Interrupted } from "./interrupted.js";
import { processOutput } from "./output/process-output.js";
import { run } from "./program.js";

const interrupt = new AbortController();
// Once: if something does not stop at the first Ctrl-C, the second one ends the process.
process.once("SIGINT", () => interrupt.abort(new Interrupted()));

const { signal } = interrupt;
const exit = run(process.argv.slice(2), {
  stdout: processOutput(process.stdout, signal),
  stderr: processOutput(process.stderr, signal),
  stdin: () => process.stdin,
  progress: processOutput(process.stderr, signal),
  signal,
  variables: process.env,
});

void exit.then((exitCode) => {
  // Otherwise not process.exit: it would cut off what a pipe has not taken yet.
  if (exitCode === ExitCode.interrupted) process.exit(exitCode);
  process.exitCode = exitCode;
});
