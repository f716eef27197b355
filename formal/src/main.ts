import { MODELS } from "./models/all-models.js";
import { runModel } from "./run-model.js";
import { formatTable } from "./table.js";

/** `pnpm formal [--nightly] [--model NAME]` */
function main(args: readonly string[]): number {
  const isNightly = args.includes("--nightly");
  const wanted = args.includes("--model") ? args[args.indexOf("--model") + 1]! : "";
  const results = MODELS.filter(({ name }) => name.startsWith(wanted)).map((model) =>
    runModel(model, isNightly, (line) => console.log(line)),
  );
  console.log(formatTable(results));
  const failures = results.flatMap((result) => result.failures);
  for (const failure of failures) console.log(`FAILED ${failure}`);
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  console.log(`${passed} passed, ${failures.length} failed`);
  return failures.length === 0 && passed > 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
