// The bundlers, test runners and compilers: installed once, and kept while their versions and Node's stay.
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { npmInstall } from "../../../scripts/pack-packages.mjs";

const manifestPath = join(import.meta.dirname, "../package.json");
const manifest = readFileSync(manifestPath);
const key = createHash("sha256").update(manifest).update(process.version).digest("hex").slice(0, 16);

export const toolsDirectory = join(tmpdir(), `datawal-surroundings-${key}`);
const require = createRequire(join(toolsDirectory, "package.json"));

export function installTools() {
  const marker = join(toolsDirectory, "installed");
  if (existsSync(marker)) return;
  rmSync(toolsDirectory, { recursive: true, force: true });
  mkdirSync(toolsDirectory);
  copyFileSync(manifestPath, join(toolsDirectory, "package.json"));
  const prefix = dirname(dirname(process.execPath));
  // node-gyp would download Node's headers; where they lie beside node, it need not.
  if (existsSync(join(prefix, "include/node/node.h"))) process.env.npm_config_nodedir ??= prefix;
  npmInstall(toolsDirectory);
  writeFileSync(marker, "");
}

export const toolPath = (name) => join(toolsDirectory, "node_modules", name);
export const loadTool = (name) => require(name);

/** The compilers, by the names that the manifest gives them. */
export const compilers = Object.keys(JSON.parse(manifest).dependencies).filter((name) =>
  name.startsWith("typescript-"),
);
