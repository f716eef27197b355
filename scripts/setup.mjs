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
const bin = join(root, "node_modules/.bin");
const marker = join(root, "node_modules", ".datawal-setup");
const [, pnpmVersion] = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager.split(
  "@",
);

/** Longer than it takes where there is nothing to do. */
const SILENT_MS = 2500;

/** What an install depends on: the lock file, and the Node that native code was built for. */
function installKey() {
  const lock = readFileSync(join(root, "pnpm-lock.yaml"));
  return createHash("sha256").update(lock).update(process.version).update(process.arch).digest("hex");
}

/** Returns whether there was anything to install. */
async function install(key) {
  if (existsSync(marker) && readFileSync(marker, "utf8") === key) return false;
  // What packages compile or check of themselves is done beside the build, which needs none of it.
  const options = ["--frozen-lockfile", "--ignore-scripts"];
  const pnpm = ["--yes", `pnpm@${pnpmVersion}`, "--dir", root, "install", ...options];
  // From elsewhere: npx would prefer a pnpm that an install which failed has left half-way in node_modules.
  await run("npx", pnpm, tmpdir());
  return true;
}

async function build(isInstalled, key) {
  const turbo = ["run", "bundle", "--output-logs=errors-only", "--log-prefix=none"];
  const tools = [run(join(bin, "turbo"), turbo, root)];
  if (isInstalled) tools.push(run(join(bin, "pnpm"), ["rebuild", "--pending"], root));
  await Promise.all(tools);
  if (isInstalled) writeFileSync(marker, key);
}

/** Does work; says so, and how long it took, once it has gone on for `silentMs`. */
async function announced(what, silentMs, work) {
  const startMs = performance.now();
  let isAnnounced = false;
  const announce = () => {
    process.stderr.write(`setup: ${what} ... `);
    isAnnounced = true;
  };
  const timer = setTimeout(announce, silentMs);
  const tell = (end) => isAnnounced && process.stderr.write(`${end}\n`);
  try {
    const result = await work();
    tell(`${((performance.now() - startMs) / 1000).toFixed(1)} s`);
    return result;
  } catch (error) {
    tell("failed");
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a tool; throws all that it printed where it fails. */
async function run(command, args, cwd) {
  const { failure, output } = await capture(command, args, cwd);
  if (failure) throw new Error(`${output}\nsetup: "${command} ${args.join(" ")}" ${failure}`);
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
  env.PATH = `${bin}${delimiter}${env.PATH}`;
  const nodePrefix = dirname(dirname(process.execPath));
  // node-gyp would download Node's headers; where they lie beside node, it need not.
  if (existsSync(join(nodePrefix, "include/node/node.h"))) env.npm_config_nodedir ??= nodePrefix;
  return env;
}

try {
  const key = installKey();
  const isInstalled = await announced("installing the packages of the workspace", SILENT_MS, () =>
    install(key),
  );
  await announced("building", SILENT_MS, () => build(isInstalled, key));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
