import { createRequire } from "node:module";
import { type Crc32c, crc32c } from "@datawal/format";

/** Where a call into native code begins to pay: measured, 90 ns a call at 8.9 GB/s against 2.6 GB/s without one. */
const NATIVE_FROM_BYTES = 256;

/** For long inputs; chosen at the first one, since loading native code takes as long as starting a small command. */
let crcOfLong: Crc32c | undefined;

/**
 * CRC-32C by the CPU's own instruction where the optional package `@node-rs/crc32` is installed and the input is
 * long enough to pay for the call; by `crc-32` otherwise.
 */
export const hardwareCrc32c: Crc32c = (bytes, seed = 0) => {
  if (bytes.length < NATIVE_FROM_BYTES) return crc32c(bytes, seed);
  crcOfLong ??= loadNative() ?? crc32c;
  return crcOfLong(bytes, seed);
};

function loadNative(): Crc32c | undefined {
  try {
    return (createRequire(import.meta.url)("@node-rs/crc32") as { crc32c?: Crc32c }).crc32c;
  } catch {
    // Not installed, or not built for this platform: the portable CRC computes the same numbers.
    return undefined;
  }
}
