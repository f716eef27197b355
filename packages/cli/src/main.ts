import { processOutput } from "./output/process-output.js";
import { run } from "./program.js";

const environment = { stdout: processOutput(process.stdout), stderr: processOutput(process.stderr) };

// Not process.exit: it would cut off what a pipe has not taken yet.
process.exitCode = await run(process.argv.slice(2), environment);
