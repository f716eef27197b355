import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/**
 * Bundles a program of the laboratory with the product's sources. As CommonJS, which starts 10 ms sooner; what the
 * sources ask of `import.meta.url` is where optional packages are looked for.
 */
export async function bundleProgram(entryPoint: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entryPoint],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    conditions: ["@datawal/source"],
    define: { "import.meta.url": "programUrl" },
    banner: { js: 'const programUrl = require("node:url").pathToFileURL(__filename).href;' },
    logLevel: "warning",
  });
}

/** The directory of the package @datawal/crash, from its sources as well as from its bundle. */
export function laboratoryRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!isLaboratory(join(directory, "package.json"))) directory = dirname(directory);
  return directory;
}

function isLaboratory(manifestPath: string): boolean {
  if (dirname(manifestPath) === "/")
    throw new Error("expected to run from within the package @datawal/crash");
  return existsSync(manifestPath) && JSON.parse(readFileSync(manifestPath, "utf8")).name === "@datawal/crash";
}
