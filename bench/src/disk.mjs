// What a directory lies on. A measurement of memory that calls itself a disk would be worth nothing.
import { readFileSync, statfsSync, statSync } from "node:fs";

/** Numbers that statfs gives for a file system; from statfs(2). */
const FILE_SYSTEMS = {
  61267: "ext4",
  1481003842: "xfs",
  2435016766: "btrfs",
  4076150800: "f2fs",
  801189825: "zfs",
  2035054128: "overlayfs",
  26985: "nfs",
  16914836: "tmpfs",
  2240043254: "ramfs",
};

const IN_MEMORY = ["tmpfs", "ramfs"];

/** @throws Error where the directory is kept in memory */
export function requireDisk(directory) {
  const { type } = statfsSync(directory);
  const fileSystem = FILE_SYSTEMS[type] ?? `file system 0x${type.toString(16)}`;
  if (IN_MEMORY.includes(fileSystem))
    throw new Error(
      `bench: ${directory} is on ${fileSystem}, that is in memory; name a directory on a disk with --dir`,
    );
  return { fileSystem, disk: diskOf(directory) };
}

/** What the kernel says of the device under a directory; Linux only. */
function diskOf(directory) {
  const { dev } = statSync(directory);
  const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
  const device = `/sys/dev/block/${major}:${minor}`;
  const name = read(`${device}/uevent`)?.match(/^DEVNAME=(.*)$/m)?.[1] ?? "a device that is not named";
  const model = read(`${device}/device/model`) ?? read(`${device}/../device/model`);
  const isRotating = (read(`${device}/queue/rotational`) ?? read(`${device}/../queue/rotational`)) === "1";
  return [model ? `${name} (${model})` : name, isRotating ? "reported as rotating" : "not rotating"].join(
    ", ",
  );
}

function read(path) {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}
