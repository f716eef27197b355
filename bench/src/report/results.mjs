import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const FOLDER = join(import.meta.dirname, "../../results");
const BIOME = join(import.meta.dirname, "../../../node_modules/.bin/biome");

/** Writes the raw results of one group of a run, in the place of older ones. */
export function writeResults({ environment, missing, cases }, group) {
  mkdirSync(FOLDER, { recursive: true });
  const path = join(FOLDER, `${group}.json`);
  const content = { environment, missing, cases: cases.filter((measured) => measured.group === group) };
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);
  spawnSync(BIOME, ["format", "--write", path], { stdio: "ignore" });
}

/**
 * What the latest run of each group has found.
 *
 * @param groups Their names, in order; those that were never run are passed over.
 * @returns All cases, and for each group where and when it was run and who was missing.
 */
export function readResults(groups) {
  const present = readdirSync(FOLDER).map((name) => basename(name, ".json"));
  const runs = groups
    .filter((group) => present.includes(group))
    .map((group) => ({ group, ...JSON.parse(readFileSync(join(FOLDER, `${group}.json`), "utf8")) }));
  return { runs, cases: runs.flatMap(({ cases }) => cases) };
}
