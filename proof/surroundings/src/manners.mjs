// What publint, attw and knip say: of each tarball, and of the workspace.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { toolPath } from "./tools.mjs";

async function demandSilence(program, args) {
  try {
    await promisify(execFile)(process.execPath, [toolPath(program), ...args]);
  } catch ({ stdout, stderr }) {
    throw new Error(stdout + stderr);
  }
}

/** @param packed Each package's manifest and tarball. */
export async function checkManners(packed, check) {
  for (const { manifest, tarball } of packed) {
    const { name, types } = manifest;
    await check(`publint: ${name}`, () => demandSilence("publint/src/cli.js", [tarball, "--strict"]));
    // The command has none; `./internal` has none on purpose; and the resolution of TypeScript before 4.7 is not supported.
    const options = ["--profile", "node16", "--exclude-entrypoints", "internal"];
    if (types)
      await check(`attw: ${name}`, () =>
        demandSilence("@arethetypeswrong/cli/dist/index.js", [tarball, ...options]),
      );
  }
  await check("knip: the workspace has no file, dependency or export that nobody uses", () =>
    demandSilence("knip/bin/knip.js", ["--no-progress"]),
  );
}
