import { createRequire } from "node:module";
import { type Crc32c, crc32c, crc32cOfRange } from "@datawal/format";
import { takeBlock } from "./crc-memory.js";

/** Where a call into native code begins to pay: measured, 90 ns a call at 8.9 GB/s against 2.6 GB/s without one. */
const NATIVE_FROM_BYTES = 256;
/** The same for a part of an array, which native code needs a view of: measured between two writes. */
const NATIVE_RANGE_FROM_BYTES = 512;

/** For long inputs; chosen at the first one, since loading native code takes as long as starting a small command. */
let crcOfLong: Crc32c | undefined;

/**
 * CRC-32C by the CPU's own instruction where the optional package `@node-rs/crc32` is installed and the input is
 * long enough to pay for the call; by `crc-32` otherwise, and by WebAssembly over memory taken for many frames.
 */
export const hardwareCrc32c: Crc32c = Object.assign(
  (bytes: Uint8Array, seed = 0) =>
    bytes.length < NATIVE_FROM_BYTES ? crc32c(bytes, seed) : longCrc()(bytes, seed),
  {
    ofRange: (bytes: Uint8Array, start: number, end: number) =>
      end - start < NATIVE_RANGE_FROM_BYTES
        ? crc32cOfRange(bytes, start, end)
        : longCrc()(bytes.subarray(start, end)),
    takeMemory: (byteCount: number) => takeBlock(byteCount, hardwareCrc32c),
  },
);

function longCrc(): Crc32c {
  crcOfLong ??= loadNative() ?? crc32c;
  return crcOfLong;
}

function loadNative(): Crc32c | undefined {
  try {
    return (createRequire(import.meta.url)("@node-rs/crc32") as { crc32c?: Crc32c }).crc32c;
  } catch {
    // Not installed, or not built for this platform: the portable CRC computes the same numbers.
    return undefined;
  }
}
