import { createRequire } from "node:module";
import { crc32c } from "@datawal/format";
import { afterEach, expect, test, vi } from "vitest";

afterEach(() => {
  vi.restoreAllMocks();
  vi.resetModules();
});

/** The module as it is where loading `@node-rs/crc32` does what `load` does. */
async function loadWith(load: (name: string) => unknown) {
  vi.resetModules();
  const resolve = (name: string) => name;
  const createRequire = () => Object.assign(load, { resolve });
  vi.spyOn(process, "getBuiltinModule").mockReturnValue({ createRequire } as never);
  return (await import("../../src/crc/hardware-crc.js")).hardwareCrc32c;
}

const bytes = Uint8Array.from({ length: 5_000 }, (_, index) => (index * 131) ^ (index >> 3));

test("is the portable CRC for every length and seed", async () => {
  const { hardwareCrc32c } = await import("../../src/crc/hardware-crc.js");
  // Else this compares a function with itself.
  expect(createRequire(import.meta.url).resolve("@node-rs/crc32")).toBeDefined();
  const differing: string[] = [];
  for (let length = 0; length <= 1_024; length++) {
    const part = bytes.subarray(length % 7, (length % 7) + length);
    for (const seed of [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, (length * 0x0123_4567) >>> 0])
      if (hardwareCrc32c(part, seed) !== crc32c(part, seed)) differing.push(`${length} bytes, seed ${seed}`);
    if (hardwareCrc32c(part) !== crc32c(part)) differing.push(`${length} bytes`);
  }
  expect(differing).toEqual([]);
});

test("continues over pieces, short and long", async () => {
  const { hardwareCrc32c } = await import("../../src/crc/hardware-crc.js");
  for (const cut of [0, 1, 100, 255, 256, 300, 4_900]) {
    const continued = hardwareCrc32c(bytes.subarray(cut), hardwareCrc32c(bytes.subarray(0, cut)));
    expect(continued).toBe(crc32c(bytes));
  }
});

test("uses the package where it is installed, from 256 bytes on", async () => {
  const calls: number[] = [];
  const native = {
    crc32c: (part: Uint8Array, seed: number) => {
      calls.push(part.length);
      return crc32c(part, seed);
    },
  };
  const crc = await loadWith(() => native);
  for (const length of [0, 255, 256, 5_000])
    expect(crc(bytes.subarray(0, length))).toBe(crc32c(bytes.subarray(0, length)));
  expect(calls).toEqual([256, 5_000]);
});

test("is the portable one where the package does not load or lacks the function, which is told", async () => {
  const told = vi.spyOn(process, "emitWarning").mockReturnValue();
  const failing = () => {
    throw new Error("no binding for this platform");
  };
  expect((await loadWith(failing))(bytes)).toBe(crc32c(bytes));
  expect((await loadWith(() => ({})))(bytes)).toBe(crc32c(bytes));
  expect(told.mock.calls.map(([message]) => String(message))).toEqual([
    expect.stringContaining("@node-rs/crc32 is installed but cannot be loaded"),
    expect.stringContaining("it exports no function crc32c"),
  ]);
});
