import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const FOLDER = join(import.meta.dirname, "../../results");
const BIOME = join(import.meta.dirname, "../../../node_modules/.bin/biome");

/** Writes the raw results of a run: one file for each of its groups, in the place of an older one. */
export function writeResults({ environment, missing, cases }) {
  mkdirSync(FOLDER, { recursive: true });
  for (const group of new Set(cases.map((measured) => measured.group))) {
    const content = { environment, missing, cases: cases.filter((measured) => measured.group === group) };
    writeFileSync(join(FOLDER, `${group}.json`), `${JSON.stringify(content, null, 2)}\n`);
  }
  spawnSync(BIOME, ["format", "--write", FOLDER], { stdio: "ignore" });
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
