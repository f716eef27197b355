// The workload on a file system of its own whose power is cut, then the validator: as root, on Linux, with ext4 or XFS.
//
//     node proof/crash/power-loss/loop-device.mjs [--seconds N] [--size-mb N] [--fs ext4|xfs] [--without-sync]
//
// The cut is the file system's own shutdown: nothing more reaches the device, as on the laboratory's L4. With --without-sync the
// store's syncs do nothing: then acknowledged operations must be missing, and the exit code is 0 where the validator says so.
// Exit codes: 0 nothing is missing, 1 something is, 2 it could not begin.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "5" },
    "size-mb": { type: "string", default: "256" },
    fs: { type: "string", default: "ext4" },
    "without-sync": { type: "boolean", default: false },
  },
});
const work = mkdtempSync(join(tmpdir(), "datawal-power-loss-"));
const [image, mountPoint, oracle] = ["disk", "mounted", "oracle.jsonl"].map((name) => join(work, name));
const store = join(mountPoint, "store");
let isMounted = false;

try {
  prepare();
  const bytes = await cutDuringWorkload();
  process.exitCode = bytes === undefined ? 2 : validate(bytes);
} finally {
  if (isMounted) unmount();
  rmSync(work, { recursive: true });
}

function prepare() {
  try {
    if (process.platform !== "linux" || process.getuid() !== 0) throw new Error("expected Linux, and root");
    if (!["ext4", "xfs"].includes(values.fs)) throw new Error(`--fs expected ext4 or xfs, got ${values.fs}`);
    writeFileSync(image, "");
    truncateSync(image, Number(values["size-mb"]) * 1024 * 1024);
    execFileSync(`mkfs.${values.fs}`, ["-q", image]);
    mkdirSync(mountPoint);
    mount();
  } catch (error) {
    console.error(`loop-device: ${error.message}`);
    process.exit(2);
  }
}

function mount() {
  execFileSync("mount", ["-o", "loop", image, mountPoint]);
  isMounted = true;
}

function unmount() {
  execFileSync("umount", [mountPoint]);
  isMounted = false;
}

function validate(bytes) {
  console.log(`cut with ${bytes} bytes acknowledged`);
  unmount();
  mount();
  const { status } = node("validate.mjs", "--work-dir", store, "--oracle", oracle);
  return values["without-sync"] ? Number(status !== 1) : status;
}

/** Returns how long the oracle was when the power went; nothing where the workload did not get so far. */
async function cutDuringWorkload() {
  const args = ["workload.mjs", "--work-dir", store, "--oracle", oracle, "--duration", "1000000"];
  if (values["without-sync"]) args.push("--without-sync");
  const child = spawn(process.execPath, [join(here, args[0]), ...args.slice(1)], { stdio: "inherit" });
  const ended = once(child, "close");
  await Promise.race([ended, setTimeout(Number(values.seconds) * 1_000)]);
  if (child.exitCode !== null || !existsSync(oracle)) {
    child.kill("SIGKILL");
    await ended;
    console.error(`loop-device: the workload had acknowledged nothing, and ended with ${child.exitCode}`);
    return undefined;
  }
  // What is acknowledged between the look at the oracle and the cut may rest on a sync that the cut has overtaken: the
  // writer is stopped for that look.
  child.kill("SIGSTOP");
  const program = `import os, sys; sys.path.insert(0, sys.argv[1]); import kernel; print(os.stat(sys.argv[2]).st_size); kernel.shut_down(sys.argv[3], 2)`;
  const cut = ["-B", "-c", program, join(here, "../tools"), oracle, mountPoint];
  const bytes = Number(execFileSync("python3", cut, { encoding: "utf8" }));
  child.kill("SIGKILL");
  await ended;
  truncateSync(oracle, bytes);
  return bytes;
}

function node(program, ...args) {
  return spawnSync(process.execPath, [join(here, program), ...args], { stdio: "inherit" });
}
