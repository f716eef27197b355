// Makes a fresh clone ready: the pinned pnpm, the workspace's packages, the build. Idempotent; quick when nothing changed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const marker = join(root, "node_modules", ".datawal-setup");
const [, pnpmVersion] = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager.split(
  "@",
);

/** What an install depends on: the lock file, and the Node that native code was built for. */
function installKey() {
  const lock = readFileSync(join(root, "pnpm-lock.yaml"));
  return createHash("sha256").update(lock).update(process.version).update(process.arch).digest("hex");
}

function run(command, args) {
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" };
  // turbo looks for pnpm on PATH.
  env.PATH = `${join(root, "node_modules/.bin")}${delimiter}${env.PATH}`;
  const nodePrefix = dirname(dirname(process.execPath));
  // node-gyp would download Node's headers; where they lie beside node, it need not.
  if (existsSync(join(nodePrefix, "include/node/node.h"))) env.npm_config_nodedir ??= nodePrefix;
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2], env });
  if (error) throw error;
  if (status !== 0) {
    console.error(`setup: "${command} ${args.join(" ")}" ended with ${status}`);
    process.exit(1);
  }
}

function install() {
  const key = installKey();
  if (existsSync(marker) && readFileSync(marker, "utf8") === key) return;
  run("npx", ["--yes", `pnpm@${pnpmVersion}`, "install", "--frozen-lockfile"]);
  writeFileSync(marker, key);
}

install();
run("turbo", ["run", "build", "--output-logs=errors-only", "--log-prefix=none"]);
