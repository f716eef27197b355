import { crc32c } from "@datawal/format";
import { FrameMemory } from "@datawal/record-log/internal";
import { runSync } from "@datawal/safeatomic/internal";
import { createSimulatedDisk, type SimulatedDisk } from "@datawal/safeatomic/testing";
import { expect, test } from "vitest";
import {
  type CheckpointIndex,
  readImage,
  readIndex,
  writeCheckpoint,
} from "../../src/checkpoint/checkpoint-file.js";
import type { ChunkImage, PageImage } from "../../src/keydir/image.js";
import { Keydir } from "../../src/keydir/keydir.js";
import { bothWays, CHECKPOINT, openStore } from "./both-ways.js";

/** What a checkpoint holds, to be changed. */
interface Held {
  index: CheckpointIndex;
  chunks: ChunkImage[];
  pages: PageImage[];
  depth: number;
}

const KEYS = 40;

function diskWithKeys(): SimulatedDisk {
  const disk = createSimulatedDisk();
  const db = openStore(disk);
  for (let index = 0; index < KEYS; index++) db.put(`key-${index}`, `value-${index}`);
  db.delete("key-7");
  db.closeSync();
  return disk;
}

/** Writes a checkpoint anew, all of its CRCs right. */
function rewrite(disk: SimulatedDisk, change: (held: Held) => void): void {
  const before = disk.open(CHECKPOINT, "read");
  const index = readIndex(before, before.stat().size, crc32c);
  const { secret, ...image } = readImage(before, index, new FrameMemory(crc32c));
  const held = { index, chunks: [...image.chunks], pages: [...image.pages], depth: image.depth };
  before.close();
  change(held);
  disk.removeFile(CHECKPOINT);
  const file = disk.open(CHECKPOINT, "create", 0o600);
  const { removed, marks, space } = held.index;
  runSync(writeCheckpoint(file, crc32c, { removed, marks, space }, { secret, ...held }));
  file.close();
}

const firstSlot = (slots: Int32Array) => slots.findIndex((_, at) => at % 2 === 1 && slots[at] !== 0) - 1;

function put<T>(array: { [index: number]: T }, at: number, value: T): void {
  array[at] = value;
}

function putDead({ space: { segments } }: CheckpointIndex, deadBytes: number): void {
  const [segment, records, last, , ...rest] = segments[0]!;
  segments[0] = [segment, records, last, deadBytes, ...rest];
}

const HOSTILE: Readonly<Record<string, (held: Held) => void>> = {
  "an entry that is longer than its chunk": ({ chunks }) => put(chunks[0]!.words, 0, 2 * 60_000),
  "a key longer than a key can be": ({ chunks }) => put(chunks[0]!.words, 0, 2 * 70_000),
  "an entry of the largest length": ({ chunks }) => put(chunks[0]!.words, 0, 0xffff_fffe),
  "a place behind the end of its segment": ({ chunks }) => put(chunks[0]!.words, 2, 100_000),
  "a place 4 GiB on": ({ chunks }) => put(chunks[0]!.words, 3, 1),
  "a place in a segment that is not covered": ({ chunks }) => put(chunks[0]!.words, 1, 999),
  "a frame shorter than its key": ({ chunks }) => put(chunks[0]!.words, 4, 5),
  "an entry that is called dead": ({ chunks }) => put(chunks[0]!.words, 0, chunks[0]!.words[0]! | 1),
  "two chunks of one number": ({ chunks }) => void chunks.push({ ...chunks[0]! }),
  "a chunk with the number of none": ({ chunks }) => put(chunks, 0, { ...chunks[0]!, number: 0 }),
  "a chunk with a number beyond all": ({ chunks }) => put(chunks, 0, { ...chunks[0]!, number: 65_536 }),
  "no chunk": ({ chunks }) => void chunks.splice(0),
  "no page": ({ pages }) => void pages.splice(0),
  "an address in no chunk": ({ pages: [page] }) => put(page!.slots, firstSlot(page!.slots) + 1, 5 << 16),
  "an address in the middle of an entry": ({ pages: [page] }) => {
    page!.slots[firstSlot(page!.slots) + 1]!++;
  },
  "a last entry that is longer than its chunk": ({ chunks: [chunk] }) => {
    const { words } = chunk!;
    let last = 0;
    for (let at = 0; at < words.length; at += 5 + (((words[at]! >>> 1) + 3) >>> 2)) last = at;
    words[last]! += 2 * 100;
  },
  "an empty chunk of a number that is another's": ({ chunks }) =>
    chunks.push({ number: 1, words: new Uint32Array(0) }),
  "an empty chunk with the number of none": ({ chunks }) =>
    chunks.push({ number: 0, words: new Uint32Array(0) }),
  "an empty chunk with a number beyond all": ({ chunks }) =>
    chunks.push({ number: 65_536, words: new Uint32Array(0) }),
  "a chunk that is longer than one can be": ({ chunks }) =>
    chunks.push({ number: 2, words: new Uint32Array(5 * 13_200).fill(1) }),
  "a page too many, at a depth that memory would have to hold": ({ pages }) =>
    pages.push({ place: 5, depth: 31, slots: new Int32Array(32) }),
  "a slot less, to which no other leads": ({ pages: [page] }) => {
    const { slots } = page!;
    const at = slots.findIndex((_, at) => at % 2 === 1 && slots[at] !== 0 && slots[at + 2] === 0);
    slots[at] = 0;
  },
  "a slot less": ({ pages: [page] }) => put(page!.slots, firstSlot(page!.slots) + 1, 0),
  "two slots that lead to one entry": ({ pages: [{ slots } = { slots: new Int32Array() }] }) => {
    const used = [...slots.keys()].filter((at) => at % 2 === 1 && slots[at] !== 0);
    slots[used[0]!] = slots[used[1]!]!;
  },
  "a page without an empty slot": ({ pages: [page] }) => {
    for (let at = 1; at < page!.slots.length; at += 2) page!.slots[at] ||= 1;
  },
  "an entry that its hash does not lead to": ({ pages: [page] }) => {
    const at = firstSlot(page!.slots);
    page!.slots[at] = page!.slots[at]! ^ 0x8000_0000;
  },
  "a page that is no power of two long": ({ pages }) =>
    put(pages, 0, { ...pages[0]!, slots: pages[0]!.slots.slice(0, -2) }),
  "a depth that no memory could hold": ({ pages }) => put(pages, 0, { ...pages[0]!, depth: 60 }),
  "a depth at which pages are missing": ({ pages }) => put(pages, 0, { ...pages[0]!, depth: 3 }),
  "a page at a place beyond its depth": ({ pages }) => put(pages, 0, { ...pages[0]!, place: 1 }),
  "bytes of a segment that are none": ({ index }) => putDead(index, 8),
  "bytes below nothing": ({ index }) => putDead(index, -8),
};

test("what is written anew and not changed is believed", () => {
  const disk = diskWithKeys();
  rewrite(disk, () => {});
  expect(bothWays(disk)).toEqual(["believed", "believed"]);
});

test.each(Object.entries(HOSTILE))("%s is a doubt, and the log is read", (_, change) => {
  const disk = diskWithKeys();
  rewrite(disk, change);
  expect(bothWays(disk)).toEqual(["damaged", "damaged"]);
});

const WITHOUT_KEYS: typeof HOSTILE = {
  "no chunk at all": ({ chunks }) => chunks.splice(0),
  "a page of fifteen slots": ({ pages }) => put(pages, 0, { ...pages[0]!, slots: new Int32Array(30) }),
  "a page without slots": ({ pages }) => put(pages, 0, { ...pages[0]!, slots: new Int32Array(0) }),
};

test.each(Object.entries(WITHOUT_KEYS))("%s, of a store without keys, is a doubt", (_, change) => {
  const disk = createSimulatedDisk();
  const db = openStore(disk);
  db.put("key", "value");
  db.delete("key");
  db.closeSync();
  rewrite(disk, () => {});
  expect(bothWays(disk)).toEqual(["believed", "believed"]);
  rewrite(disk, change);
  expect(bothWays(disk)).toEqual(["damaged", "damaged"]);
});

test("pages that stand at one place twice, and at another not at all, are no directory's", () => {
  const keydir = new Keydir();
  keydir.set(Buffer.from("key"), { segment: 1, offset: 0, len: 40 });
  const { pages, chunks, ...rest } = keydir.image();
  const [page] = pages;
  const slots = (page as PageImage).slots;
  const low = slots[firstSlot(slots)]! & 1;
  const empty = () => new Int32Array(32);
  const adopt = (images: PageImage[]) => {
    const own = [...chunks].map(({ number, words }) => ({ number, words: words.slice() }));
    runSync(new Keydir().adopt({ ...rest, chunks: own, pages: images, depth: 2 }, () => {}));
  };
  const mine = { place: low, depth: 1, slots };
  const third = (place: number) => ({ place, depth: 2, slots: empty() });
  adopt([mine, third(1 - low), third(3 - low)]);
  expect(() => adopt([third(low + 2), mine, third(1 - low)])).toThrow(RangeError);
});

// A merger of two chunks looked for each of their entries from its key's hash, for ever where another slot led to it.
test("under a wrong secret keys are hidden, and nothing that is done comes to no end", () => {
  const keydir = new Keydir();
  const keys = Array.from({ length: 20_000 }, (_, index) => Buffer.from(`key-${index}`.padEnd(60)));
  for (const key of keys) keydir.set(key, { segment: 1, offset: 0, len: 100 });
  for (const [index, key] of keys.entries()) if (index % 2 === 0) keydir.delete(key);
  const { chunks, pages, depth } = keydir.image();
  const misled = new Keydir();
  runSync(misled.adopt({ secret: [1, 2], chunks, pages, depth }, () => {}));
  for (const key of keys) misled.set(key, { segment: 2, offset: 0, len: 100 });
  for (const key of keys) misled.delete(key);
  expect(misled.size).toBe(10_000);
  expect(Array.from(misled.entries(), ([, { segment }]) => segment)).toEqual(Array(10_000).fill(1));
});

test("marks that are not of the segments are stale, whatever they are", () => {
  for (const marks of [[], [""], ["0".repeat(100)]]) {
    const disk = diskWithKeys();
    rewrite(disk, ({ index }) => {
      index.marks = marks;
    });
    expect(bothWays(disk)).toEqual(["stale", "stale"]);
  }
});
