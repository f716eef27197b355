// jest in the environments node and jsdom, with and without fake timers, against the installed packages.
import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toolPath } from "./tools.mjs";

const ENVIRONMENTS = { node: "jest-environment-node", jsdom: "jest-environment-jsdom" };

export function checkJest(project, check) {
  copyFileSync(join(import.meta.dirname, "../programs/store.test.cjs"), join(project, "store.test.cjs"));
  const projects = Object.entries(ENVIRONMENTS).flatMap(([name, environment]) =>
    [false, true].map((enableGlobally) => ({
      displayName: `jest, ${name}, ${enableGlobally ? "fake" : "real"} timers`,
      rootDir: project,
      testEnvironment: toolPath(environment),
      testMatch: ["<rootDir>/store.test.cjs"],
      transform: {},
      fakeTimers: { enableGlobally },
    })),
  );
  const config = join(project, "jest.config.json");
  const outputFile = join(project, "jest.json");
  writeFileSync(config, JSON.stringify({ projects, testTimeout: 30_000 }));
  const { stderr } = spawnSync(
    process.execPath,
    [toolPath("jest/bin/jest.js"), "--config", config, "--json", "--outputFile", outputFile],
    { cwd: project, encoding: "utf8" },
  );
  const files = JSON.parse(readFileSync(outputFile, "utf8")).testResults;
  check("jest: ran in every environment", () => {
    if (
      files.length !== projects.length ||
      files.some(({ assertionResults }) => assertionResults.length === 0)
    )
      throw new Error(stderr);
  });
  for (const { assertionResults, message } of files)
    for (const { title, status } of assertionResults)
      check(`jest: ${title}`, () => {
        if (status !== "passed") throw new Error(`${status}: ${message}`);
      });
}
