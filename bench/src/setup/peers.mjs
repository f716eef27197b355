// The other stores: from their registry into bench/node_modules, without a lock file.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const FOLDER = join(import.meta.dirname, "../..");
const MARKER = join(FOLDER, "node_modules/.bench-setup");
const MANIFEST = readFileSync(join(FOLDER, "package.json"), "utf8");

/** What the peers depend on: their versions, and the Node that native code was built for. */
const WANTED = {
  manifest: createHash("sha256").update(MANIFEST).digest("hex"),
  node: `${process.version} ${process.arch}`,
};

/**
 * Installs what is not there yet. A peer whose native part cannot be built is left out by npm.
 *
 * @returns Why npm failed, if it did: those that are there already take part all the same.
 */
export function installPeers() {
  const found = existsSync(MARKER) ? JSON.parse(readFileSync(MARKER, "utf8")) : WANTED;
  if (existsSync(MARKER) && found.manifest === WANTED.manifest && found.node === WANTED.node)
    return undefined;
  process.stderr.write("bench: installing the peers; building better-sqlite3 can take a minute or more\n");
  const { status, stdout, stderr } = spawnSync(
    "npm",
    ["install", "--no-package-lock", "--no-audit", "--no-fund"],
    { cwd: FOLDER, env: environment(), encoding: "utf8" },
  );
  if (status !== 0) return `npm install failed in ${FOLDER}:\n${stdout}${stderr}`.trim();
  // What another Node left here is whole for npm, but does not load.
  if (found.node !== WANTED.node)
    spawnSync("npm", ["rebuild"], { cwd: FOLDER, env: environment(), stdio: "ignore" });
  writeFileSync(MARKER, JSON.stringify(WANTED));
  return undefined;
}

function environment() {
  const env = { ...process.env };
  // The npm and the node that run this, and not others that may lie before them on PATH.
  env.PATH = `${dirname(process.execPath)}:${env.PATH}`;
  const prefix = dirname(dirname(process.execPath));
  // node-gyp would download Node's headers; where they lie beside node, it need not.
  if (existsSync(join(prefix, "include/node/node.h"))) env.npm_config_nodedir ??= prefix;
  return env;
}

/** Why a contender written in JavaScript cannot run here; `undefined` where it can. */
export function whyMissing(contender) {
  const probe = `import(${JSON.stringify(join(FOLDER, "src/contenders", `${contender}.mjs`))}).then(() => process.exit(0))`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", probe], {
    encoding: "utf8",
  });
  if (status === 0) return undefined;
  const reason = stderr.match(/^\w*Error.*$/m)?.[0] ?? `does not load (${status})`;
  // It gets into a page: no path of this machine.
  return reason.replace(/ imported from .*/, "").replaceAll(FOLDER, "bench");
}

export function versionOf(peer) {
  try {
    return JSON.parse(readFileSync(join(FOLDER, "node_modules", peer, "package.json"), "utf8")).version;
  } catch {
    return undefined;
  }
}
