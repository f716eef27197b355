// Keyv's own test suite, with what npm has installed from the tarballs.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { installRuntimes } from "./runtimes.mjs";

/** @param project Where npm has installed the packages. */
export async function checkKeyv(project, work, check) {
  const tools = join(installRuntimes(), "node_modules");
  const place = join(work, "keyv");
  mkdirSync(join(place, "node_modules/@keyv"), { recursive: true });
  for (const [from, names] of [
    [tools, ["keyv", "vitest", "@keyv/test-suite"]],
    [join(project, "node_modules"), ["datawal", "@datawal"]],
  ])
    for (const name of names) symlinkSync(join(from, name), join(place, "node_modules", name));
  copyFileSync(join(import.meta.dirname, "../programs/keyv.test.mjs"), join(place, "keyv.test.mjs"));
  const told = join(place, "told.json");
  const vitest = [
    join(tools, "vitest/vitest.mjs"),
    "run",
    "--root",
    place,
    "--reporter=json",
    `--outputFile=${told}`,
  ];
  const { stdout, stderr } = spawnSync(process.execPath, vitest, { cwd: place, encoding: "utf8" });
  await check("Keyv's test suite was run", () => {
    if (results(told).length < 40) throw new Error(`expected 40 tests or more: ${stdout}${stderr}`);
  });
  for (const { title, status, failureMessages } of results(told))
    await check(`Keyv: ${title}`, () => {
      if (status !== "passed") throw new Error(`${status}: ${failureMessages}`);
    });
}

function results(told) {
  return JSON.parse(readFileSync(told, "utf8")).testResults.flatMap(
    ({ assertionResults }) => assertionResults,
  );
}
