import { describe, expect, test } from "vitest";
import type { FileSystem, OpenFile } from "../../src/index.js";
import { createSimulatedDisk, type SimulatedDisk } from "../../src/testing/index.js";

/** Never what is asked for: draws nothing but the first. */
const first = () => 0;

/** A disk with one durable file of these bytes, open for appending. */
function diskWithFile(durable: Uint8Array): { disk: SimulatedDisk; file: OpenFile } {
  const disk = createSimulatedDisk();
  const file = disk.open("/file", "create");
  if (durable.length > 0) append(file, durable);
  file.fsyncSync();
  disk.fsyncDirectorySync("/");
  return { disk, file };
}

function append(file: OpenFile, bytes: Uint8Array): void {
  file.append(bytes, 0, bytes.length);
}

function filled(length: number, byte: number): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

function contentOf(fileSystem: FileSystem, path = "/file"): Uint8Array {
  const file = fileSystem.open(path, "read");
  const content = new Uint8Array(file.stat().size);
  file.readAt(content, 0, content.length, 0);
  file.close();
  return content;
}

/** What every image of a disk has under a path, as `length:bytes`, sorted; "gone" where there is nothing. */
function contents(disk: SimulatedDisk, path = "/file", limit = 10_000): string[] {
  const found = new Set<string>();
  for (const image of disk.crashImages({ limit, random: first })) {
    const mounted = image.mount();
    found.add(mounted.stat(path) ? describeBytes(contentOf(mounted, path)) : "gone");
  }
  return [...found].sort();
}

/** Runs of equal bytes: `3x1 2x0` for 1 1 1 0 0. Stale bytes are told as one run, `?`. */
function describeBytes(bytes: Uint8Array): string {
  const runs: [string, number][] = [];
  for (const byte of bytes) {
    const shown = byte < 8 ? `${byte}` : "?";
    const last = runs.at(-1);
    if (last?.[0] === shown) last[1]++;
    else runs.push([shown, 1]);
  }
  return runs.map(([byte, count]) => `${count}x${byte}`).join(" ");
}

describe("after a power cut, a file", () => {
  test("that is synced is as it was, and there is one image", () => {
    const { disk } = diskWithFile(filled(700, 1));
    expect([...disk.crashImages({ limit: 100, random: first })]).toHaveLength(1);
    expect(contents(disk)).toEqual(["700x1"]);
  });

  test("keeps its durable bytes, and of an append any size and any sectors", () => {
    const { disk, file } = diskWithFile(filled(500, 1));
    append(file, filled(100, 2));
    const found = contents(disk);
    expect(found).toContain("500x1");
    expect(found).toContain("500x1 100x2");
    expect(found).toContain("500x1 1x2");
    expect(found).toContain("500x1 12x2");
    expect(found).toContain("500x1 100x0");
    expect(found).toContain("500x1 12x2 88x0");
    expect(found).toContain("500x1 12x0 88x2");
    expect(found.some((text) => /^500x1 .*\?/.test(text))).toBe(true);
    expect(found.every((text) => text.startsWith("500x1"))).toBe(true);
  });

  test("that was cut and written again has the old bytes, the new ones, or zeros, behind the cut only", () => {
    const { disk, file } = diskWithFile(filled(400, 1));
    file.truncate(100);
    append(file, filled(50, 2));
    const found = contents(disk);
    expect(found).toContain("400x1");
    expect(found).toContain("100x1");
    expect(found).toContain("100x1 50x2");
    expect(found).toContain("150x1");
    expect(found.every((text) => text.startsWith("100x1") || /^\d{3}x1$/.test(text))).toBe(true);
    file.fsyncSync();
    expect(contents(disk)).toEqual(["100x1 50x2"]);
  });

  test("whose sync began before an append has that append in doubt", async () => {
    const { disk, file } = diskWithFile(filled(10, 1));
    append(file, filled(10, 2));
    const syncing = file.fsync();
    append(file, filled(10, 3));
    await syncing;
    const found = contents(disk);
    expect(found).toContain("10x1 10x2");
    expect(found.every((text) => text.startsWith("10x1 10x2"))).toBe(true);
  });

  // A store was rotated, by a sync of its own, while another one ran: when that was over the sealed segment's end was gone.
  test("whose sync is over after a later one keeps what that has made durable", async () => {
    const { disk, file } = diskWithFile(filled(10, 1));
    const second = disk.open("/file", "append");
    const syncing = second.fsync();
    append(file, filled(10, 2));
    file.fsyncSync();
    await syncing;
    expect(contents(disk)).toEqual(["10x1 10x2"]);
  });

  test("whose write-back failed shows its bytes, though no sync writes them any more", () => {
    const { disk, file } = diskWithFile(filled(512, 1));
    append(file, filled(512, 2));
    disk.failWriteBack("/file");
    expect(() => file.fsyncSync()).toThrow("an earlier write-back");
    expect(describeBytes(contentOf(disk))).toBe("512x1 512x2");
    append(file, filled(1024, 3));
    file.fsyncSync();
    const found = contents(disk);
    expect(found).toContain("512x1 512x0 1024x3");
    expect(found).toContain("512x1 512x2 1024x3");
    disk.evict("/file");
    expect(describeBytes(contentOf(disk))).toBe("512x1 512x0 1024x3");
  });

  test("tells a failed write-back once to each that has it open, and once to the next if none has", () => {
    const { disk, file } = diskWithFile(filled(10, 1));
    const second = disk.open("/file", "append");
    append(file, filled(10, 2));
    disk.failWriteBack("/file");
    for (const open of [file, second]) {
      expect(() => open.fsyncSync()).toThrow();
      open.fsyncSync();
      open.close();
    }
    disk.open("/file", "append").fsyncSync();
    disk.failWriteBack("/file");
    expect(() => disk.open("/file", "append").fsyncSync()).toThrow("an earlier write-back");
    disk.open("/file", "append").fsyncSync();
  });
});

describe("after a power cut, of the changes of names since a directory's sync", () => {
  test("any subset is there, each whole", () => {
    const disk = createSimulatedDisk();
    for (const name of ["a", "b"]) disk.open(`/${name}`, "create").close();
    const found = new Set<string>();
    for (const image of disk.crashImages({ limit: 100, random: first })) {
      found.add(
        image
          .mount()
          .list("/")
          .map(({ name }) => name)
          .join("+"),
      );
    }
    expect([...found].sort()).toEqual(["", "a", "a+b", "b"]);
  });

  test("a rename is there before the bytes of its file", () => {
    const { disk, file } = diskWithFile(filled(5, 1));
    const made = disk.open("/made", "create");
    append(made, filled(5, 2));
    disk.rename("/made", "/file");
    file.close();
    expect(contents(disk)).toEqual(expect.arrayContaining(["5x1", "5x2", "5x0", ""]));
  });

  test("none is in doubt once the directory is synced", () => {
    const disk = createSimulatedDisk();
    disk.makeDirectory("/directory");
    disk.open("/directory/file", "create").close();
    disk.fsyncDirectorySync("/directory");
    const names = [...disk.crashImages({ limit: 100, random: first })].map((image) => {
      const mounted = image.mount();
      return mounted.stat("/directory") ? mounted.list("/directory").map(({ name }) => name) : "gone";
    });
    expect(names).toEqual([["file"], "gone"]);
  });
});

describe("images", () => {
  test("are never two alike, and as many as asked for at most, the extremes first", () => {
    const { disk, file } = diskWithFile(filled(3, 1));
    for (const byte of [2, 3, 4]) append(file, filled(2000, byte));
    const all = [...disk.crashImages({ limit: 1000, random: first })];
    expect(new Set(all.map(({ hash }) => hash)).size).toBe(all.length);
    const [kept, lost] = [...disk.crashImages({ limit: 2, random: first })].map((image) =>
      describeBytes(contentOf(image.mount())),
    );
    expect([kept, lost]).toEqual(["3x1 2000x2 2000x3 2000x4", "3x1"]);
  });

  test("can be worked on without changing each other or the disk that they are of", () => {
    const { disk, file } = diskWithFile(filled(600, 1));
    append(file, filled(600, 2));
    const before = contents(disk);
    for (const image of disk.crashImages({ limit: 1000, random: first })) {
      const mounted = image.mount();
      const opened = mounted.open("/file", "append");
      opened.truncate(Math.min(600, opened.stat().size));
      opened.fsyncSync();
      append(opened, filled(700, 3));
    }
    expect(contents(disk)).toEqual(before);
    expect(describeBytes(contentOf(disk))).toBe("600x1 600x2");
  });

  test("say what has survived", () => {
    const { disk, file } = diskWithFile(filled(3, 1));
    append(file, filled(1, 2));
    disk.open("/other", "create").close();
    const [image] = disk.crashImages({ limit: 1, random: first });
    expect(image!.survived()).toEqual(["kept: create /other", "/file: all of it"]);
  });

  test("keep the numbers of the files", () => {
    const { disk } = diskWithFile(filled(3, 1));
    const [image] = disk.crashImages({ limit: 1, random: first });
    expect(image!.mount().stat("/file")).toEqual(disk.stat("/file"));
  });
});

test("a new file gets the number of one that is gone, and is another one all the same", () => {
  const disk = createSimulatedDisk();
  disk.open("/a", "create").close();
  disk.fsyncDirectorySync("/");
  expect(disk.stat("/a")!.identity).toBe("1:2:1");
  disk.removeFile("/a");
  disk.fsyncDirectorySync("/");
  const [image] = disk.crashImages({ limit: 1, random: first });
  for (const again of [disk, image!.mount()]) {
    again.open("/b", "create").close();
    expect(again.stat("/b")!.identity).toBe("1:2:2");
  }
});
