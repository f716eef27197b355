import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type FileSystem, nodeFileSystem, type OpenFile } from "../../src/index.js";
import { createSimulatedDisk } from "../../src/testing/index.js";

/** A file system at work in one directory, with a few open files. */
interface Place {
  fileSystem: FileSystem;
  directory: string;
  files: OpenFile[];
}

/** Returns what the caller sees, as far as the two disks must agree on it. */
type Operation = (place: Place) => unknown;

const name = fc.constantFrom("a", "b", "c", "a/a", "a/b", "b/a", "a/a/b");
const slot = fc.nat({ max: 2 });
const text = fc.string({ maxLength: 6 }).map((value) => new TextEncoder().encode(value));

const at = (place: Place, path: string) => join(place.directory, path);

const onPath = (operation: "makeDirectory" | "removeFile" | "removeDirectory" | "fsyncDirectorySync") =>
  name.map((path): [string, Operation] => [
    `${operation} ${path}`,
    (place) => place.fileSystem[operation](at(place, path)),
  ]);

const onTwoPaths = (operation: "rename" | "link") =>
  fc
    .tuple(name, name)
    .map(([from, to]): [string, Operation] => [
      `${operation} ${from} ${to}`,
      (place) => place.fileSystem[operation](at(place, from), at(place, to)),
    ]);

const onFile = (operation: string, run: (file: OpenFile) => unknown) =>
  slot.map((index): [string, Operation] => [`${operation} file ${index}`, ({ files }) => run(files[index]!)]);

const operation = fc.oneof(
  { arbitrary: onPath("makeDirectory"), weight: 3 },
  onPath("removeFile"),
  onPath("removeDirectory"),
  onPath("fsyncDirectorySync"),
  onTwoPaths("link"),
  { arbitrary: onTwoPaths("rename"), weight: 3 },
  name.map((path): [string, Operation] => [`stat ${path}`, (place) => stat(place, path)]),
  name.map((path): [string, Operation] => [`list ${path}`, (place) => list(place, path)]),
  name.map((path): [string, Operation] => [
    `realPath ${path}`,
    (place) => place.fileSystem.realPath(at(place, path)).slice(place.directory.length),
  ]),
  {
    arbitrary: fc
      .tuple(slot, name, fc.constantFrom("read", "append", "create", "create"))
      .map(([index, path, mode]): [string, Operation] => [
        `open ${path} ${mode} as ${index}`,
        (place) => open(place, index, path, mode as "read"),
      ]),
    weight: 4,
  },
  text.chain((bytes) => onFile(`append ${bytes}`, (file) => file.append(bytes, 0, bytes.length))),
  text.chain((bytes) => onFile(`appendParts ${bytes} twice`, (file) => file.appendParts([bytes, bytes]))),
  fc.nat({ max: 12 }).chain((size) => onFile(`truncate ${size}`, (file) => file.truncate(size))),
  fc.nat({ max: 12 }).chain((offset) => onFile(`read at ${offset}`, (file) => read(file, offset))),
  onFile("close", (file) => file.close()),
);

function stat({ fileSystem, directory }: Place, path: string) {
  const found = fileSystem.stat(join(directory, path));
  return found?.kind === "file" ? { kind: found.kind, size: found.size } : found?.kind;
}

function list({ fileSystem, directory }: Place, path: string) {
  const entries = fileSystem.list(join(directory, path));
  return entries.map((entry) => `${entry.name} ${entry.kind}`).sort();
}

function open({ fileSystem, directory, files }: Place, index: number, path: string, mode: "read") {
  const file = fileSystem.open(join(directory, path), mode);
  files[index]?.close();
  files[index] = file;
  return file.stat().size;
}

function read(file: OpenFile, offset: number) {
  const target = new Uint8Array(20);
  return [file.readAt(target, 3, 9, offset), ...target];
}

let failed = 0;
let all = 0;

function outcomeOf(run: Operation, place: Place): unknown {
  all += 1;
  try {
    return run(place) ?? "nothing";
  } catch (error) {
    failed += 1;
    return error instanceof Error && "code" in error ? error.code : error;
  }
}

/** A place with the slots filled, so that every operation on a file has one. */
function placeOn(fileSystem: FileSystem, directory: string): Place {
  const files = [0, 1, 2].map((index) => fileSystem.open(join(directory, `start-${index}`), "create"));
  return { fileSystem, directory, files };
}

test("the simulated disk and a real one answer any operations alike, error codes included", () => {
  fc.assert(
    fc.property(fc.array(operation, { minLength: 20, maxLength: 60 }), (operations) => {
      const disk = createSimulatedDisk({ platform: process.platform === "win32" ? "windows" : "posix" });
      disk.makeDirectory("/directory");
      const simulated = placeOn(disk, "/directory");
      const real = placeOn(nodeFileSystem, mkdtempSync(join(tmpdir(), "differential-")));
      try {
        for (const [name, run] of operations) {
          expect(outcomeOf(run, simulated), name).toEqual(outcomeOf(run, real));
        }
      } finally {
        for (const file of real.files) file.close();
        rmSync(real.directory, { recursive: true });
      }
    }),
    { numRuns: 150 },
  );
  expect(failed / all).toBeGreaterThan(0.3);
});
