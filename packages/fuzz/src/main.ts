import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { runCommand } from "./command/command.js";
import { datawalSuite } from "./command/suite.js";

void runCommand(process.argv.slice(2), {
  suite: datawalSuite(),
  load: (path) => import(pathToFileURL(resolve(path)).href),
  read: (path) => readFileSync(path, "utf8"),
  write: (directory, name, text) => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  },
  print: (line) => console.log(line),
}).then((exitCode) => {
  process.exitCode = exitCode;
});
