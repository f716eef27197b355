// Ways to a CRC-32C, each between two writes of the same bytes, where the kernel has just used the processor's caches.
import { mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { timeEach } from "../../work.mjs";
import { loadCrc } from "../native-crc.mjs";
import { crc32cOfRange, hardwareCrc32c } from "./product.mjs";

const SLICES = 8;
const POLYNOMIAL = 0x82f63b78;

/** The n-th table of 256 is for a byte that n others follow. */
const tables = new Int32Array(256 * SLICES);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  tables[byte] = crc;
}
for (let index = 256; index < tables.length; index++)
  tables[index] = (tables[index - 256] >>> 8) ^ tables[tables[index - 256] & 0xff];

/** Two loads of four bytes instead of eight of one. */
function byWords(words, bytes, end) {
  let crc = -1;
  let at = 0;
  for (const last = end - SLICES; at <= last; at += SLICES) {
    const low = crc ^ words[at >>> 2];
    const high = words[(at >>> 2) + 1];
    crc =
      tables[0x700 + (low & 0xff)] ^
      tables[0x600 + ((low >>> 8) & 0xff)] ^
      tables[0x500 + ((low >>> 16) & 0xff)] ^
      tables[0x400 + (low >>> 24)] ^
      tables[0x300 + (high & 0xff)] ^
      tables[0x200 + ((high >>> 8) & 0xff)] ^
      tables[0x100 + ((high >>> 16) & 0xff)] ^
      tables[high >>> 24];
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]) & 0xff];
  return ~crc;
}

/** Appends records of `size` bytes, each behind a CRC of its bytes. */
function crcBetweenWrites({ directory, size, way, ...times }) {
  mkdirSync(directory, { recursive: true });
  const file = openSync(join(directory, "file"), "a");
  const memory = way === "taken" ? hardwareCrc32c.takeMemory(64 * 1024) : undefined;
  const bytes = (memory?.bytes ?? new Uint8Array(64 * 1024)).fill(0xa5);
  const words = new Int32Array(bytes.buffer);
  const native = loadCrc();
  const view = bytes.subarray(0, size);
  const ways = {
    none: () => 0,
    table: () => crc32cOfRange(bytes, 0, size),
    taken: () => memory.crc.ofRange(bytes, 0, size),
    words: () => byWords(words, bytes, size),
    native: () => native(bytes.subarray(0, size)),
    "native-one-view": () => native(view),
  };
  const crc = ways[way];
  const wanted = way === "none" ? 0 : crc32cOfRange(bytes, 0, size) >>> 0;
  if (crc() >>> 0 !== wanted) throw new Error(`datawal: ${way}: wrong CRC`);
  return timeEach(times, () => {
    crc();
    writeSync(file, bytes, 0, size, null);
  });
}

export const triedCrcs = { "crc-between-writes": crcBetweenWrites };
