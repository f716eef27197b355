import { demo } from "./demo.js";
import { demoPaths, removeSpool } from "./demo-paths.js";
import { Story } from "./story.js";

const USAGE = `usage: npm run demo [-- FILE]

Writes records to a store, is killed meanwhile, and shows that nothing is lost.
FILE: each line becomes one record; "-" reads standard input.
Without FILE: the earthquakes of one week.
The store is left in ./demo-store.
`;

// Whoever closes our output early has seen enough.
process.stdout.on("error", () => {
  removeSpool(demoPaths);
  process.exit();
});

const [argument, ...others] = process.argv.slice(2);
if (argument === "--help" || argument === "-h") process.stdout.write(USAGE);
else if (others.length > 0 || /^-./.test(argument ?? "")) {
  process.stderr.write(USAGE);
  process.exitCode = 1;
} else await runDemo();

async function runDemo(): Promise<void> {
  const story = new Story((text) => process.stdout.write(text), process.stdout.columns);
  try {
    await demo(argument, demoPaths, story);
  } catch (error) {
    process.stderr.write(`\ndemo: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
