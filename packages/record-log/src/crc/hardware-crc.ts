import type { Crc32c } from "@datawal/format";
import { takeMemory } from "./crc-memory.js";
import { nativeOrTableCrc32c } from "./native-crc.js";

/**
 * The quickest CRC-32C here: by the CPU's own instruction where the optional package `@node-rs/crc32` is installed and
 * the input is long enough to pay for the call, by WebAssembly in memory taken for many frames, else by table.
 */
export const hardwareCrc32c: Crc32c = Object.assign(
  (bytes: Uint8Array, seed?: number) => nativeOrTableCrc32c(bytes, seed),
  { ofRange: nativeOrTableCrc32c.ofRange, takeMemory },
);
