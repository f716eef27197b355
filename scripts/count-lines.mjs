// Prints what somebody new has to read of each package's src: lines of code (no blank lines, no comments, published test
// kits apart), files, exported names, the longest function, and imports from one room (folder) of a package to another.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";

const LIBRARIES = ["format", "safeatomic", "record-log", "datawal"];
const LINES_MAX = 8000;

const isCode = (line) => line.trim() !== "" && !line.trim().startsWith("//");
const codeLines = (text) =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .split("\n")
    .filter(isCode).length;
const roomOf = (file) => (dirname(file) === "." ? "" : file.split("/")[0]);

function sourcesOf(src) {
  return readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(src, join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith("testing"))
    .map((file) => ({ file, text: readFileSync(join(src, file), "utf8") }));
}

/** Lines of code of the longest function in a file, and its name. */
function longestFunction({ file, text }) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  let longest = { lines: 0, name: "" };
  const visit = (node) => {
    if (ts.isFunctionLike(node) && node.body) {
      const lines = codeLines(node.getText());
      if (lines > longest.lines) longest = { lines, name: node.name?.getText() ?? "constructor" };
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return longest;
}

function crossingImports({ file, text }) {
  const targets = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
  const rooms = targets.filter((to) => to.startsWith(".")).map((to) => roomOf(join(dirname(file), to)));
  return rooms.filter((room) => room !== roomOf(file)).length;
}

/** Names that the package's first entry exports. */
function exportedNames(index) {
  const program = ts.createProgram([index], {
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    customConditions: ["@datawal/source"],
    noLib: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const symbol = checker.getSymbolAtLocation(program.getSourceFile(index));
  return checker.getExportsOfModule(symbol).length;
}

const row = (...cells) =>
  console.log(cells.map((cell, i) => `${cell}`[i === 0 ? "padEnd" : "padStart"](11)).join(" "));
let libraryLines = 0;
row("", "lines", "files", "exports", "crossing", "longest");
for (const packageName of readdirSync("packages")) {
  const src = join("packages", packageName, "src");
  const sources = sourcesOf(src);
  const lines = sources.reduce((sum, { text }) => sum + codeLines(text), 0);
  const longest = sources.map(longestFunction).reduce((a, b) => (b.lines > a.lines ? b : a));
  const crossing = sources.reduce((sum, source) => sum + crossingImports(source), 0);
  if (LIBRARIES.includes(packageName)) libraryLines += lines;
  const exported = packageName === "cli" ? "-" : exportedNames(join(src, "index.ts"));
  row(packageName, lines, sources.length, exported, crossing, `${longest.lines} ${longest.name}`);
}
console.log(`the four libraries: ${libraryLines} lines, aim: at most ${LINES_MAX}`);
