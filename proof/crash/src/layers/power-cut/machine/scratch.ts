import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

const PREFIX = "datawal-disks-";

/**
 * A directory in memory for disk images and mounts, gone with all that is mounted below it when it is removed, when
 * the process ends, and when it is interrupted. What a killed process left is removed by the next one.
 */
export class Scratch {
  readonly directory: string;
  readonly #onExit = () => this.remove();
  readonly #onSignal = (signal: NodeJS.Signals) => {
    this.remove();
    process.kill(process.pid, signal);
  };

  /** @param bytesMax of memory that the files may take. */
  constructor(bytesMax: number) {
    removeLeftovers();
    this.directory = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
    mount("tmpfs", `size=${bytesMax}`, "datawal-disks", this.directory);
    process.on("exit", this.#onExit);
    for (const signal of SIGNALS) process.once(signal, this.#onSignal);
  }

  /** A directory to be mounted on, made if it is not there. */
  mountPoint(name: string): string {
    const path = join(this.directory, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** Idempotent. */
  remove(): void {
    process.off("exit", this.#onExit);
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
    removeScratch(this.directory);
  }
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** The file system does not take the disk for one of its own, as a power cut has left it: no state of a store. */
export class FileSystemRefused extends Error {}

/** Seen on XFS, once in some 1,400 cuts with a volatile cache and once in 12,400 replayed states: more is told. */
export const REFUSED_ONE_IN = 200;

/** @throws FileSystemRefused, or Error with what mount(8) said */
export function mount(type: string, options: string, source: string, at: string): void {
  try {
    execFileSync("mount", ["-t", type, "-o", options, source, at], { stdio: ["ignore", "ignore", "pipe"] });
  } catch (cause) {
    const isRefused = String((cause as Error).message).includes("corrupted filesystem");
    throw isRefused ? new FileSystemRefused((cause as Error).message, { cause }) : cause;
  }
}

/**
 * Unmounts, waiting a while for a killed process to let go, and then for the file system to end: a copy of the mount
 * in another mount namespace, if only for an instant, keeps it alive, and it would go on writing to its image.
 *
 * @param image What the mount's loop device shows.
 * @throws Error with what umount(8) said
 */
export function unmount(at: string, image: string): void {
  waitUntil(() => isUnmounted(at), `${at} is still in use`);
  waitUntil(() => !hasLoopDevice(image), `${image} still has a loop device`);
}

function isUnmounted(at: string): boolean {
  const { status, stderr } = spawnSync("umount", [at], { encoding: "utf8" });
  if (status !== 0 && !stderr.includes("busy")) throw new Error(stderr);
  return status === 0;
}

function hasLoopDevice(image: string): boolean {
  return readdirSync("/sys/block").some(
    (device) => device.startsWith("loop") && backingFileOf(device) === image,
  );
}

/** Nothing where it has none, or has none any more: it may go between the listing and here. */
function backingFileOf(device: string): string | undefined {
  try {
    return readFileSync(`/sys/block/${device}/loop/backing_file`, "utf8").trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENODEV") return undefined;
    throw error;
  }
}

function waitUntil(condition: () => boolean, otherwise: string): void {
  const deadlineMs = performance.now() + TIMEOUT_MS;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(otherwise);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
}

const TIMEOUT_MS = 10_000;
const PAUSE_MS = 5;

/** Directories whose makers, named by their process ids, have died. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir()).sort()) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) removeScratch(join(tmpdir(), name));
  }
}

/** Unmounts all below, the newest first, then the directory itself; a loop device goes with its mount. */
function removeScratch(directory: string): void {
  for (const mountPoint of mountPointsAt(directory).reverse())
    execFileSync("umount", ["--lazy", mountPoint], { stdio: ["ignore", "ignore", "pipe"] });
  if (existsSync(directory)) rmdirSync(directory);
}

/** Oldest first. */
function mountPointsAt(directory: string): string[] {
  const name = basename(directory);
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((mountPoint) => mountPoint.split("/").includes(name));
}
