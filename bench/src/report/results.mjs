import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "../../results");
const BIOME = join(import.meta.dirname, "../../../node_modules/.bin/biome");

/** Writes the raw results of a full run: one file for each group, and the table. Nothing of an older run stays. */
export function writeResults({ environment, missing, cases }, judged) {
  mkdirSync(FOLDER, { recursive: true });
  for (const name of readdirSync(FOLDER)) if (name.endsWith(".json")) rmSync(join(FOLDER, name));
  const write = (name, content) =>
    writeFileSync(join(FOLDER, `${name}.json`), `${JSON.stringify(content, null, 2)}\n`);
  write("run", { environment, missing, targets: judged });
  for (const group of new Set(cases.map((measured) => measured.group)))
    write(
      group,
      cases.filter((measured) => measured.group === group),
    );
  spawnSync(BIOME, ["format", "--write", FOLDER], { stdio: "ignore" });
}
