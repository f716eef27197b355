// Makes a fresh clone ready: the pinned pnpm, the workspace's packages, the build. Idempotent; quick when nothing changed.
// Says one line for each thing that takes a while; what the tools print is shown only when one fails.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const marker = join(root, "node_modules", ".datawal-setup");
const [, pnpmVersion] = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager.split(
  "@",
);

/** Longer than a build takes that finds nothing to do. */
const SILENT_MS = 2500;

/** What an install depends on: the lock file, and the Node that native code was built for. */
function installKey() {
  const lock = readFileSync(join(root, "pnpm-lock.yaml"));
  return createHash("sha256").update(lock).update(process.version).update(process.arch).digest("hex");
}

async function install() {
  const key = installKey();
  if (existsSync(marker) && readFileSync(marker, "utf8") === key) return;
  const pnpm = ["--yes", `pnpm@${pnpmVersion}`, "--dir", root, "install", "--frozen-lockfile"];
  // From elsewhere: npx would prefer a pnpm that an install which failed has left half-way in node_modules.
  await run("installing the packages of the workspace", "npx", pnpm, { cwd: tmpdir(), silentMs: 0 });
  writeFileSync(marker, key);
}

async function build() {
  const turbo = ["run", "bundle", "--output-logs=errors-only", "--log-prefix=none"];
  await run("building", join(root, "node_modules/.bin/turbo"), turbo, {
    cwd: root,
    silentMs: SILENT_MS,
  });
}

/** Runs a tool; says so, and how long it took, once it has run for `silentMs`. */
async function run(what, command, args, { cwd, silentMs }) {
  const startMs = performance.now();
  let isAnnounced = false;
  const announce = () => {
    process.stderr.write(`setup: ${what} ... `);
    isAnnounced = true;
  };
  const timer = setTimeout(announce, silentMs);
  const { failure, output } = await capture(command, args, cwd);
  clearTimeout(timer);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  if (isAnnounced) process.stderr.write(failure ? "failed\n" : `${seconds} s\n`);
  if (failure) throw new Error(`${output}\nsetup: ${what} failed: "${command} ${args.join(" ")}" ${failure}`);
}

/** Returns all that a tool printed, and how it failed if it did. */
async function capture(command, args, cwd) {
  const child = spawn(command, args, { cwd, env: environment(), stdio: ["ignore", "pipe", "pipe"] });
  const chunks = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => chunks.push(chunk));
  const failure = await once(child, "close").then(
    ([status, signal]) => (status === 0 ? undefined : `ended with ${signal ?? status}`),
    (error) => `could not be started: ${error.message}`,
  );
  return { failure, output: Buffer.concat(chunks).toString() };
}

function environment() {
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" };
  // turbo looks for pnpm on PATH.
  env.PATH = `${join(root, "node_modules/.bin")}${delimiter}${env.PATH}`;
  const nodePrefix = dirname(dirname(process.execPath));
  // node-gyp would download Node's headers; where they lie beside node, it need not.
  if (existsSync(join(nodePrefix, "include/node/node.h"))) env.npm_config_nodedir ??= nodePrefix;
  return env;
}

try {
  await install();
  await build();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
