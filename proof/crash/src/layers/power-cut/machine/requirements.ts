import { spawnSync } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { Scratch } from "./scratch.js";

/** Why nothing can be mounted here; undefined where it can. */
export function missingForMounts(): string | undefined {
  if (process.platform !== "linux") return `the platform is ${process.platform}, not linux`;
  if (process.getuid?.() !== 0) return "not root";
  return missingProgram(MOUNT_PROGRAMS) ?? missingPermission();
}

/** Why disks with file systems of every kind cannot be made and cut off here; undefined where they can. */
export function missingForDisks(): string | undefined {
  return missingForMounts() ?? missingDevice() ?? missingProgram(DISK_PROGRAMS) ?? missingFileSystem();
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

type Programs = readonly (readonly [program: string, option: string])[];

function missingProgram(programs: Programs): string | undefined {
  return programs
    .map(([program, option]) =>
      spawnSync(program, [option]).status === 0 ? undefined : `no program ${program}`,
    )
    .find(isReason);
}

/** Debian's packages python3 and mount. */
const MOUNT_PROGRAMS: Programs = [
  ["python3", "--version"],
  ["mount", "--version"],
  ["umount", "--version"],
];

/** Debian's packages e2fsprogs, xfsprogs, btrfs-progs. */
const DISK_PROGRAMS: Programs = [
  ["mkfs.ext4", "-V"],
  ["mkfs.xfs", "-V"],
  ["mkfs.btrfs", "--version"],
];

function missingFileSystem(): string | undefined {
  const known = readFileSync("/proc/filesystems", "utf8").split(/\s+/);
  return ["ext4", "xfs", "btrfs", "fuse"]
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
