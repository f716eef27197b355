// The bundlers, test runners and compilers: installed once, and kept while their versions and Node's stay.
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { npmInstall } from "../../../scripts/pack-packages.mjs";

const manifestPath = join(import.meta.dirname, "../package.json");

export const toolsDirectory = directoryFor(manifestPath);
const require = createRequire(join(toolsDirectory, "package.json"));

/** Where what a manifest asks for is installed. */
function directoryFor(manifest) {
  const key = createHash("sha256").update(readFileSync(manifest)).update(process.version).digest("hex");
  return join(tmpdir(), `datawal-surroundings-${key.slice(0, 16)}`);
}

/** @returns The directory in which it is installed, now or since an earlier run. */
export function installOnce(manifest, ...options) {
  const directory = directoryFor(manifest);
  const marker = join(directory, "installed");
  if (existsSync(marker)) return directory;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  copyFileSync(manifest, join(directory, "package.json"));
  npmInstall(directory, ...options);
  writeFileSync(marker, "");
  return directory;
}

export function installTools() {
  const prefix = dirname(dirname(process.execPath));
  // node-gyp would download Node's headers; where they lie beside node, it need not.
  if (existsSync(join(prefix, "include/node/node.h"))) process.env.npm_config_nodedir ??= prefix;
  installOnce(manifestPath);
}

export const toolPath = (name) => join(toolsDirectory, "node_modules", name);
export const loadTool = (name) => require(name);

/** The compilers, by the names that the manifest gives them. */
export const compilers = Object.keys(JSON.parse(readFileSync(manifestPath)).dependencies).filter((name) =>
  name.startsWith("typescript-"),
);
