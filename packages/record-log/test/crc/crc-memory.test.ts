import { type CrcMemory, crc32c } from "@datawal/format";
import { crcOfRange } from "@datawal/format/internal";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { afterEach, expect, test, vi } from "vitest";
import { CODE_MEMORY_BYTES, compileCrc } from "../../src/crc/crc-code.js";
import { openLog } from "../kit/open-log.js";

const KIB = 1024;
const MOST_BYTES = 512 * KIB;

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** A CRC whose memory nobody has taken any of yet. */
async function freshCrc() {
  vi.resetModules();
  const { hardwareCrc32c: crc } = await import("../../src/crc/hardware-crc.js");
  return { crc, take: (byteCount: number) => crc.takeMemory?.(byteCount) };
}

function takeAll(take: (byteCount: number) => CrcMemory | undefined): CrcMemory[] {
  const all: CrcMemory[] = [];
  for (let memory = take(MOST_BYTES); memory; memory = take(MOST_BYTES)) all.push(memory);
  return all;
}

function fill(bytes: Uint8Array): void {
  for (let index = 0; index < bytes.length; index++) bytes[index] = (index * 131) ^ (index >> 3);
}

test("the compiled code gives the CRC of every length at every alignment", () => {
  const { memory, crc } = compileCrc(4 * KIB);
  const bytes = new Uint8Array(memory);
  fill(bytes.subarray(CODE_MEMORY_BYTES));
  const differing: string[] = [];
  for (let length = 0; length <= 600; length++) {
    const start = CODE_MEMORY_BYTES + (length % 17);
    if (crc(start, start + length) >>> 0 !== crc32c(bytes.subarray(start, start + length)))
      differing.push(`${length} bytes`);
  }
  expect(differing).toEqual([]);
});

test("the compiled code gives the CRC of its last byte, and reads none behind it", () => {
  const { memory, crc } = compileCrc(1);
  const end = memory.byteLength;
  expect(crc(end - 1, end) >>> 0).toBe(crc32c(new Uint8Array(1)));
  expect(() => crc(end - 1, end + 1)).toThrow("out of bounds");
});

test("ranges of all lengths are summed, in the memory, in views of it and elsewhere", async () => {
  const { take } = await freshCrc();
  for (const memory of [take(MOST_BYTES)!, take(64 * KIB)!]) {
    fill(memory.bytes);
    for (const byteCount of [0, 1, 284, 2047, 2048, 100_000]) {
      const [start, end] = [memory.bytes.length - byteCount, memory.bytes.length];
      const expected = crc32c(memory.bytes.slice(start, end)) | 0;
      const view = memory.bytes.subarray(start, end);
      expect(crcOfRange(memory.crc, memory.bytes, start, end), "the memory").toBe(expected);
      expect(crcOfRange(memory.crc, view, 0, byteCount), "a view").toBe(expected);
      expect(crcOfRange(memory.crc, view.slice(), 0, byteCount), "elsewhere").toBe(expected);
      expect(memory.crc(view) | 0, "a whole array").toBe(expected);
      expect(memory.crc(view, 77), "going on").toBe(crc32c(view, 77));
    }
  }
});

test("memory that is taken overlaps no other, and can be taken again once it is released", async () => {
  const { crc, take } = await freshCrc();
  const all = takeAll(take);
  expect(all.length).toBeGreaterThanOrEqual(8);
  all.forEach(({ bytes }, index) => void bytes.fill(index));
  expect(all.map(({ bytes }) => bytes.every((byte) => byte === bytes[0]))).not.toContain(false);
  expect(new Set(all.map(({ bytes }) => bytes[0])).size).toBe(all.length);
  // The tables are untouched.
  all[0]!.bytes.set([1, 2, 3]);
  expect(crcOfRange(all[0]!.crc, all[0]!.bytes, 0, 3)).toBe(crc32c(Uint8Array.of(1, 2, 3)) | 0);
  for (const memory of all) memory.release();
  expect(takeAll(take)).toHaveLength(all.length);
  expect(crc.takeMemory?.(MOST_BYTES)).toBeUndefined();
});

test("releasing twice does not free what somebody else has taken by then", async () => {
  const { take } = await freshCrc();
  const [first, ...others] = takeAll(take);
  first!.release();
  const second = take(MOST_BYTES)!;
  first!.release();
  expect(take(MOST_BYTES)).toBeUndefined();
  for (const memory of [second, ...others]) memory.release();
});

test("there is none for few bytes; for more than a block holds each is of its own, and there are eight", async () => {
  const { take } = await freshCrc();
  expect([take(0), take(64 * KIB - 1)]).toEqual([undefined, undefined]);
  const long = Array.from({ length: 8 }, () => take(MOST_BYTES + 1)!);
  long.forEach(({ bytes }, index) => void bytes.fill(index));
  for (const [index, { bytes, crc }] of long.entries()) {
    expect(bytes.length).toBe(MOST_BYTES + 1);
    expect(crcOfRange(crc, bytes, 1, 300)).toBe(crc32c(new Uint8Array(299).fill(index)) | 0);
  }
  expect(take(MOST_BYTES + 1)).toBeUndefined();
  for (let index = 0; index < 2; index++) long[0]!.release();
  expect(take(MOST_BYTES + 1)?.bytes.length).toBe(MOST_BYTES + 1);
  expect(take(MOST_BYTES + 1)).toBeUndefined();
});

test("there is none where there is no WebAssembly", async () => {
  vi.stubGlobal("WebAssembly", undefined);
  const { crc, take } = await freshCrc();
  expect(take(MOST_BYTES)).toBeUndefined();
  expect(crc(Uint8Array.of(1, 2, 3))).toBe(crc32c(Uint8Array.of(1, 2, 3)));
});

test("appends ask for it once they have written 1 MiB, and give it back with the log", async () => {
  const { crc, take } = await freshCrc();
  const free = () => takeAll(take).map((memory) => memory.release()).length;
  const most = free();
  // So little that it is one of the blocks.
  const log = openLog(createSimulatedDisk(), { crc32c: crc, cacheBytes: 128 * KIB });
  for (let index = 0; index < 32; index++) log.append(new Uint8Array(32 * KIB - 28));
  expect(free()).toBe(most);
  log.append("");
  expect(free()).toBe(most - 1);
  log.rotateSync();
  log.append("");
  expect(free()).toBe(most - 1);
  log.closeSync();
  expect(free()).toBe(most);
});

test("of many records read at once the first run takes none: who draws one frame and goes away keeps nothing", async () => {
  const { crc, take } = await freshCrc();
  const most = takeAll(take).map((memory) => memory.release()).length;
  const log = openLog(createSimulatedDisk(), { crc32c: crc });
  const refs = log.appendMany(Array.from({ length: 20 }, () => new Uint8Array(60_000)));
  log.rotateSync();
  expect(log.peekMany(refs).next().done).toBe(false);
  expect(takeAll(take).map((memory) => memory.release())).toHaveLength(most);
  expect([...log.peekMany(refs)]).toHaveLength(20);
  expect(takeAll(take).map((memory) => memory.release())).toHaveLength(most);
});
