import { spawnSync } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { Scratch } from "./scratch.js";

/** Why disks cannot be made, mounted and cut off here; undefined where they can. */
export function missingForDisks(): string | undefined {
  if (process.platform !== "linux") return `the platform is ${process.platform}, not linux`;
  if (process.getuid?.() !== 0) return "not root";
  return missingDevice() ?? missingProgram() ?? missingFileSystem() ?? missingPermission();
}

function missingDevice(): string | undefined {
  return DEVICES.map((path) => (isAccessible(path) ? undefined : `${path} cannot be opened`)).find(isReason);
}

const DEVICES = ["/dev/loop-control", "/dev/fuse"];

function isAccessible(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function missingProgram(): string | undefined {
  return PROGRAMS.map(([program, option]) =>
    spawnSync(program, [option]).status === 0 ? undefined : `no program ${program}`,
  ).find(isReason);
}

/** Debian's packages: python3, mount, e2fsprogs, xfsprogs, btrfs-progs. */
const PROGRAMS = [
  ["python3", "--version"],
  ["mount", "--version"],
  ["umount", "--version"],
  ["mkfs.ext4", "-V"],
  ["mkfs.xfs", "-V"],
  ["mkfs.btrfs", "--version"],
] as const;

function missingFileSystem(): string | undefined {
  const known = readFileSync("/proc/filesystems", "utf8").split(/\s+/);
  return ["ext4", "xfs", "btrfs", "fuse", "tmpfs"]
    .map((type) =>
      known.includes(type) || spawnSync("modprobe", [type]).status === 0
        ? undefined
        : `the kernel has no ${type}`,
    )
    .find(isReason);
}

/** A container may be root's and yet not be allowed to mount. */
function missingPermission(): string | undefined {
  try {
    new Scratch(SMALL_BYTES).remove();
    return undefined;
  } catch (error) {
    return `mounting is not permitted: ${(error as Error).message}`;
  }
}

const SMALL_BYTES = 65_536;

function isReason(reason: string | undefined): reason is string {
  return reason !== undefined;
}
