// The packed types under each compiler, way to resolve modules, and with @types/node and without.
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { compilers, toolPath } from "./tools.mjs";

const RESOLUTIONS = {
  node16: { module: "node16", files: ["surface.mts", "surface.cts"] },
  nodenext: { module: "nodenext", files: ["surface.mts", "surface.cts"] },
  bundler: { module: "esnext", files: ["surface.mts"] },
};

export async function checkTypes(projects, check) {
  for (const project of Object.values(projects))
    for (const extension of ["mts", "cts"])
      copyFileSync(
        join(import.meta.dirname, "../programs/surface.mts"),
        join(project, `surface.${extension}`),
      );
  const cases = compilers.flatMap((compiler) =>
    Object.keys(RESOLUTIONS).flatMap((resolution) =>
      Object.keys(projects).map((where) => ({ compiler, resolution, where })),
    ),
  );
  const waiting = [...cases];
  const worker = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await compile(next, projects, check);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

export function addNodeTypes(project) {
  mkdirSync(join(project, "node_modules/@types"), { recursive: true });
  symlinkSync(toolPath("@types/node"), join(project, "node_modules/@types/node"));
}

async function compile({ compiler, resolution, where }, projects, check) {
  const { module, files } = RESOLUTIONS[resolution];
  const config = join(projects[where], `tsconfig.${compiler}.${resolution}.json`);
  const compilerOptions = {
    target: "es2022",
    module,
    moduleResolution: resolution,
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    types: where === "with" ? ["node"] : [],
  };
  writeFileSync(config, JSON.stringify({ compilerOptions, files }));
  await check(`${compiler}, ${resolution}, ${where} @types/node`, async () => {
    try {
      await promisify(execFile)(process.execPath, [toolPath(`${compiler}/bin/tsc`), "-p", config]);
    } catch ({ stdout, stderr }) {
      throw new Error(`${stdout.split("\n").slice(0, 5).join("\n")}${stderr}`);
    }
  });
}
