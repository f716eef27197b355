// Prints the lines of code of each package's src: blank lines, comments and the published test kits apart.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const LIBRARIES = ["format", "safeatomic", "record-log", "datawal"];
const LINES_MAX = 5000;

function codeLines(file) {
  const withoutBlocks = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  return withoutBlocks.split("\n").filter((line) => line.trim() !== "" && !line.trim().startsWith("//"))
    .length;
}

function sourceLines(packageName) {
  const src = join("packages", packageName, "src");
  return readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !relative(src, file).startsWith("testing"))
    .reduce((sum, file) => sum + codeLines(file), 0);
}

let libraryLines = 0;
for (const packageName of readdirSync("packages")) {
  const lines = sourceLines(packageName);
  if (LIBRARIES.includes(packageName)) libraryLines += lines;
  console.log(`${packageName.padEnd(12)} ${String(lines).padStart(5)}`);
}
console.log(`the four libraries: ${libraryLines} lines, aim: under ${LINES_MAX}`);
