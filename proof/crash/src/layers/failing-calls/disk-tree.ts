import { posix } from "node:path";
import type { Files } from "@datawal/oracle";
import type { FileSystem } from "@datawal/safeatomic";
import { readFully } from "@datawal/safeatomic/internal";
import type { SimulatedDisk } from "@datawal/safeatomic/testing";

/** The files at or below a path, by their paths; nothing where nothing is there. */
export function treeOf(disk: FileSystem, path = "/"): Files {
  const stat = disk.stat(path);
  if (!stat) return {};
  if (stat.kind === "file") return { [path]: contentOf(disk, path) };
  const below = disk.list(path).map(({ name }) => treeOf(disk, posix.join(path, name)));
  return Object.assign({}, ...below) as Files;
}

/** Every name below a path, directories included. */
export function namesOf(disk: FileSystem, path = "/"): string[] {
  return disk.list(path).flatMap(({ name, kind }) => {
    const own = posix.join(path, name);
    return kind === "directory" ? [own, ...namesOf(disk, own)] : [own];
  });
}

export function isTemporary(path: string): boolean {
  return path.split("/").some((name) => name.endsWith(".new"));
}

/** Those of the files whose paths pass. */
export function filesWhere(files: Files, passes: (path: string) => boolean): Files {
  return Object.fromEntries(Object.entries(files).filter(([path]) => passes(path)));
}

/** Whether two trees have the same names and contents. */
export function sameFiles(a: Files, b: Files): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => b[name] !== undefined && Buffer.compare(a[name]!, b[name]) === 0)
  );
}

export function describeFiles(files: Files): string {
  const described = Object.entries(files).map(([path, content]) => `${path} (${content.length} bytes)`);
  return described.sort().join(", ") || "no file";
}

/** Makes a file of these bytes, durable, its directory too. */
export function writeFile(disk: FileSystem, path: string, content: Uint8Array | string): void {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const directory = posix.dirname(path);
  if (!disk.stat(directory)) disk.makeDirectory(directory);
  const file = disk.open(path, disk.stat(path) ? "append" : "create");
  file.append(bytes, 0, bytes.length);
  file.fsyncSync();
  file.close();
  disk.fsyncDirectorySync(directory);
  disk.fsyncDirectorySync("/");
}

/**
 * Makes disks that all are as `write` leaves one, closed and durable.
 *
 * @returns A function that makes one; `write` is called at the first call.
 */
export function preparedOnce(makeDisk: () => SimulatedDisk): () => SimulatedDisk {
  let mount: (() => SimulatedDisk) | undefined;
  return () => {
    mount ??= mountOf(makeDisk());
    return mount();
  };
}

function mountOf(disk: SimulatedDisk): () => SimulatedDisk {
  disk.killProcess();
  const [whole] = disk.crashImages({ limit: 1, random: () => 0 });
  if (!whole) throw new Error("a disk has no image");
  return () => whole.mount();
}

function contentOf(disk: FileSystem, path: string): Uint8Array {
  const file = disk.open(path, "read");
  const content = new Uint8Array(file.stat().size);
  readFully(file, content, 0, content.length, 0);
  file.close();
  return content;
}
