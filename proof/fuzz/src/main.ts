import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "@datawal/fuzz";
import { fuzzSuite } from "./suite.js";

/** Where reproducers go, and inputs that reached something new. */
const OUT = join(import.meta.dirname, "../out");

process.exitCode = await runCommand(["--out", OUT, ...process.argv.slice(2)], {
  suite: fuzzSuite(),
  load: (path) => import(path),
  read: (path) => readFileSync(path, "utf8"),
  write: (directory, name, text) => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  },
  print: (line) => console.log(line),
});
