import type { FileSystem } from "@datawal/safeatomic";
import { crashEverywhere, createSimulatedDisk, type SimulatedDisk } from "@datawal/safeatomic/testing";
import fc from "fast-check";
import { anyPayload } from "../arbitraries/payload.js";
import { isSameBytes } from "./expect-same.js";

/** What writes whole files; all it does to a disk it does through the port that it is given. */
export interface FilesUnderTest {
  /** Replaces a file or makes it; what it was given is durable when it returns. */
  replace(fileSystem: FileSystem, path: string, bytes: Uint8Array): void | Promise<void>;
}

const PATH = "/directory/file";

/**
 * The law: whatever a power cut leaves, a file that is replaced holds the old bytes or the new ones, and never anything
 * else; behind the return the new ones. What was not there may still not be there.
 */
export function replacesOldByNew(
  files: FilesUnderTest,
): fc.IAsyncPropertyWithHooks<[Uint8Array | undefined, Uint8Array[]]> {
  const anyOld = fc.option(anyPayload(), { nil: undefined });
  const anyNews = fc.array(anyPayload(), { minLength: 1, maxLength: 3 });
  return fc.asyncProperty(anyOld, anyNews, async (old, news) => {
    const disk = createSimulatedDisk();
    disk.makeDirectory("/directory");
    if (old) writeFile(disk, old);
    disk.fsyncDirectorySync("/directory");
    disk.fsyncDirectorySync("/");
    let [before, after] = [old, old];
    await crashEverywhere({
      disk,
      imagesPerMoment: 20,
      work: async (fileSystem) => {
        for (const bytes of news) {
          after = bytes;
          await files.replace(fileSystem, PATH, bytes);
          before = bytes;
        }
      },
      check: (afterCrash) => {
        const found = readFile(afterCrash);
        if (isSame(found, before) || isSame(found, after)) return;
        throw new Error(`expected ${told(before)} or ${told(after)}, found ${told(found)}`);
      },
    });
  });
}

function writeFile(disk: SimulatedDisk, bytes: Uint8Array): void {
  const file = disk.open(PATH, "create");
  file.append(bytes, 0, bytes.length);
  file.fsyncSync();
  file.close();
}

function readFile(disk: SimulatedDisk): Uint8Array | undefined {
  const found = disk.stat(PATH);
  if (!found) return undefined;
  const file = disk.open(PATH, "read");
  const bytes = new Uint8Array(found.size);
  file.readAt(bytes, 0, bytes.length, 0);
  file.close();
  return bytes;
}

function isSame(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one && other ? isSameBytes(one, other) : one === other;
}

function told(bytes: Uint8Array | undefined): string {
  return bytes ? fc.stringify(bytes) : "no file";
}
