// Plays the examples of docs/cli.md anew, in stores that it makes itself, and writes its table of states from the one that the tests
// run. With --check it changes nothing and fails where the file is not what it would write. Needs the built command.
//
//     node scripts/write-cli-docs.mjs [--check] [FILE]
import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const binary = join(root, "packages/cli/bin/datawal.cjs");
const table = JSON.parse(readFileSync(join(root, "packages/cli/test/state-table.json"), "utf8"));

const isCheck = process.argv[2] === "--check";
const file = process.argv[isCheck ? 3 : 2] ?? join(root, "docs/cli.md");

const work = realpathSync(mkdtempSync(join(tmpdir(), "datawal-docs-")));
let areStoresMade = false;
try {
  const written = readFileSync(file, "utf8");
  const anew = regenerate(written);
  if (!isCheck) writeFileSync(file, anew);
  else if (anew !== written) {
    console.error(
      `${file} is out of date from line ${firstDifference(written, anew)} on: node scripts/write-cli-docs.mjs`,
    );
    process.exitCode = 1;
  }
} finally {
  rmSync(work, { recursive: true });
}

function regenerate(text) {
  return text
    .replace(/(?<=^```console\n)[\s\S]*?(?=^```$)/gm, play)
    .replace(/(?<=<!-- states -->\n)[\s\S]*?(?=<!-- end of states -->)/, stateTable);
}

/** Runs the commands of an example, and writes it with what they print, on either stream. */
function play(example) {
  if (!areStoresMade) makeStores();
  areStoresMade = true;
  return example
    .split("\n")
    .filter((line) => line.startsWith("$ "))
    .map((line) => `${line}\n${settled(run(line.slice(2)))}`)
    .join("");
}

function run(command) {
  const { stdout } = spawnSync("sh", ["-c", `exec 2>&1\n${command}`], {
    cwd: work,
    encoding: "utf8",
    env: { PATH: `${join(work, "bin")}${delimiter}${process.env.PATH}`, HOME: work },
  });
  return stdout;
}

/** What differs from machine to machine: where the stores lie, who wrote them, who tells of locks, the version of Node. */
function settled(text) {
  return text
    .replace(/(?<=^state: +)unknown\npid: .*$/gm, "free")
    .replaceAll(work, "/data")
    .replace(/(?<=^pid: +)\d+$/gm, "4711")
    .replace(/(?<="pid":)\d+/g, "4711")
    .replace(/(?<=Node\.js )v[\d.]+/g, "v20.19.0");
}

/** `store` has three segments; `torn` lost the end of its last frame, `damaged` a bit of its first segment. */
function makeStores() {
  mkdirSync(join(work, "bin"));
  writeFileSync(join(work, "bin/datawal"), `#!/bin/sh\nexec "${process.execPath}" "${binary}" "$@"\n`, {
    mode: 0o755,
  });
  datawal("put", "store", '{"name":"Ada"}', "--key", "user:1", "--create");
  datawal("put", "store", '{"name":"Grace"}', "--key", "user:2");
  datawal("put", "store", "draft", "--key", "note");
  datawal("rotate", "store");
  datawal("put", "store", '{"name":"Ada Lovelace"}', "--key", "user:1");
  datawal("delete", "store", "--key", "note");
  datawal("rotate", "store");
  writeFileSync(join(work, "events.log"), '{"event":"start"}\n{"event":"stop"}\n');
  datawal("import", "store", "events.log", "--raw");
  for (const copy of ["torn", "damaged"]) cpSync(join(work, "store"), join(work, copy), { recursive: true });
  const tail = join(work, "torn/00000003.dwal");
  truncateSync(tail, statSync(tail).size - 5);
  const sealed = join(work, "damaged/00000001.dwal");
  const bytes = readFileSync(sealed);
  bytes[40] ^= 1;
  writeFileSync(sealed, bytes);
}

function datawal(...argv) {
  execFileSync(process.execPath, [binary, ...argv], { cwd: work });
}

/** One row for all commands that do the same. */
function stateTable() {
  const states = Object.keys(table.states);
  const rows = new Map();
  for (const [command, cells] of Object.entries(table.commands)) {
    const row = states.map((state) => cellText(cells[state])).join(" | ");
    rows.set(row, [...(rows.get(row) ?? []), `\`${command}\``]);
  }
  const legend = Object.entries(table.states).map(([state, title]) => `- ${wordsOf(state)}: ${title}`);
  return `
| | ${states.map(wordsOf).join(" | ")} |
| --- |${" --- |".repeat(states.length)}
${[...rows].map(([row, commands]) => `| ${commands.join(", ")} | ${row} |`).join("\n")}

${legend.join("\n")}

`;
}

/** An error leaves stdout empty; what else stderr may hold is named. */
function cellText(cell) {
  const [code, , stderr] = cell.split(" ");
  return stderr === "-" ? code : `${code}, ${stderr}`;
}

function wordsOf(state) {
  return state.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function firstDifference(one, other) {
  const lines = other.split("\n");
  return one.split("\n").findIndex((line, index) => line !== lines[index]) + 1;
}
