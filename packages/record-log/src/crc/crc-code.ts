import { slicingTables } from "@datawal/format/internal";

/** The code takes in 16 bytes at once, with a table for each. */
const SLICES = 16;
/** Where free memory begins, behind the tables. */
export const CODE_MEMORY_BYTES = SLICES * 256 * 4;
const PAGE_BYTES = 1 << 16;

/** CRC-32C over memory of its own. */
export interface CrcCode {
  /** Free for use from {@link CODE_MEMORY_BYTES} on. */
  readonly memory: ArrayBuffer;
  /** The CRC of the bytes [start, end) of `memory`, signed. Bounds are checked by the machine only: at the memory's end. */
  readonly crc: (start: number, end: number) => number;
}

/**
 * Compiles the CRC with `freeBytes` of memory behind its tables: about a millisecond.
 *
 * @throws Where there is no WebAssembly, or no memory for it.
 */
export function compileCrc(freeBytes: number): CrcCode {
  const pages = Math.ceil((CODE_MEMORY_BYTES + freeBytes) / PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const module = new WebAssembly.Module(Buffer.from(CODE, "base64"));
  const tables = new DataView(memory.buffer);
  // WebAssembly's byte order, whatever the machine's.
  for (const [index, entry] of slicingTables(SLICES).entries()) tables.setInt32(index * 4, entry, true);
  const { crc } = new WebAssembly.Instance(module, { datawal: { memory } }).exports;
  return { memory: memory.buffer, crc };
}

/** What is used of it: the types of Node.js lack it. */
declare const WebAssembly: {
  readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Pick<CrcCode, "crc"> };
};

/** WebAssembly, written by scripts/write-crc-code.mjs, which is its source. */
export const CODE =
  "AGFzbQEAAAABBwFgAn9/AX8CEwEHZGF0YXdhbAZtZW1vcnkCAAEDAgEABwcBA2NyYwAACoQEAYEEAgF/An5BfyECAkADQCAAQRBq" +
  "IAFLDQEgACkAACEDIAApAAghBCADIAKthSEDIARCNoinQfwHcSgCACAEQi6Ip0H8B3EoAoAIcyAEQiaIp0H8B3EoAoAQIARCHoin" +
  "QfwHcSgCgBhzcyAEQhaIp0H8B3EoAoAgIARCDoinQfwHcSgCgChzIARCBoinQfwHcSgCgDAgBKdB/wFxQQJ0KAKAOHNzcyADQjaI" +
  "p0H8B3EoAoBAIANCLoinQfwHcSgCgEhzIANCJoinQfwHcSgCgFAgA0IeiKdB/AdxKAKAWHNzIANCFoinQfwHcSgCgGAgA0IOiKdB" +
  "/AdxKAKAaHMgA0IGiKdB/AdxKAKAcCADp0H/AXFBAnQoAoB4c3NzcyECIABBEGohAAwACwsCQANAIABBCGogAUsNASAAKQAAIQMg" +
  "AyACrYUhAyADQjaIp0H8B3EoAgAgA0IuiKdB/AdxKAKACHMgA0ImiKdB/AdxKAKAECADQh6Ip0H8B3EoAoAYc3MgA0IWiKdB/Adx" +
  "KAKAICADQg6Ip0H8B3EoAoAocyADQgaIp0H8B3EoAoAwIAOnQf8BcUECdCgCgDhzc3MhAiAAQQhqIQAMAAsLAkADQCAAQQFqIAFL" +
  "DQEgAkEIdiACIAAtAABzQf8BcUECdCgCAHMhAiAAQQFqIQAMAAsLIAJBf3ML";
