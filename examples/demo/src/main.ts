import { rmSync } from "node:fs";
import { demo } from "./demo.js";
import { INPUT_COPY } from "./paths.js";
import { currentStep } from "./story.js";

const USAGE = `usage: npm run demo [-- FILE]

Writes records to a store, is killed meanwhile, and shows that nothing is lost.
FILE: each line becomes one record; "-" reads standard input.
Without FILE: the earthquakes of one week.
The store is left in ./demo-store.
`;

const removeCopy = () => rmSync(INPUT_COPY, { force: true });

// Whoever closes our output early has seen enough.
process.stdout.on("error", () => {
  removeCopy();
  process.exit();
});

const [argument, ...others] = process.argv.slice(2);
if (argument === "--help" || argument === "-h") process.stdout.write(USAGE);
else if (others.length > 0 || /^-./.test(argument ?? "")) {
  process.stderr.write(USAGE);
  process.exitCode = 1;
} else {
  try {
    await demo(argument);
  } catch (error) {
    process.stderr.write(`\ndemo: ${currentStep()} failed: ${(error as Error).message}\n`);
    process.exitCode = 1;
  } finally {
    removeCopy();
  }
}
