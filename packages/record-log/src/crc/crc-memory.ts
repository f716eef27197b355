import { type Crc32c, type CrcMemory, crcOfRange } from "@datawal/format";
import { CODE_MEMORY_BYTES, type CrcCode, compileCrc } from "./crc-code.js";

/** Compiling the code costs as much as it spares over this many bytes or so. */
const PAYS_FROM_BYTES = 64 * 1024;
/** For what is read or written at once, and as much again for a frame that goes on behind it. */
const BLOCK_BYTES = 512 * 1024;
/** For segments that are appended to and operations under way at one time; a further one does without. */
const BLOCKS = 16;
/** From here on the processor's own instruction is quicker, the call into native code included (bench: tried). */
const NATIVE_FROM_BYTES = 2048;

/** A part of the code's memory. */
interface Block {
  readonly bytes: Uint8Array;
  readonly crc: Crc32c;
}

/** Made when first asked for. Memory that WebAssembly sums cannot be had from elsewhere, nor given back to the system. */
let freeBlocks: Block[] | undefined;

/**
 * Takes memory that is summed by WebAssembly.
 *
 * @param crc Whose numbers are the same, for what lies elsewhere.
 * @returns `undefined` for so few bytes that it does not pay, for more than 512 KiB, and where none is left.
 */
export function takeBlock(byteCount: number, crc: Crc32c): CrcMemory | undefined {
  if (byteCount < PAYS_FROM_BYTES || byteCount > BLOCK_BYTES) return undefined;
  freeBlocks ??= makeBlocks(crc);
  const block = freeBlocks.pop();
  return block && lend(block);
}

/** The block is free again after the first release; a second one must not free what somebody else has by then. */
function lend({ bytes, crc }: Block): CrcMemory {
  let isReleased = false;
  const release = () => {
    if (!isReleased) freeBlocks!.push({ bytes, crc });
    isReleased = true;
  };
  return { bytes, crc, release };
}

function makeBlocks(crc: Crc32c): Block[] {
  const code = compile();
  if (!code) return [];
  return Array.from({ length: BLOCKS }, (_, index) => {
    const address = CODE_MEMORY_BYTES + index * BLOCK_BYTES;
    const bytes = new Uint8Array(code.memory, address, BLOCK_BYTES);
    return { bytes, crc: crcOfBlock(bytes, address, code.crc, crc) };
  });
}

function crcOfBlock(block: Uint8Array, address: number, ofMemory: CrcCode["crc"], crc: Crc32c): Crc32c {
  const ofRange = (bytes: Uint8Array, start: number, end: number) =>
    bytes === block && end - start < NATIVE_FROM_BYTES
      ? ofMemory(address + start, address + end)
      : crcOfRange(crc, bytes, start, end);
  return Object.assign((bytes: Uint8Array, seed?: number) => crc(bytes, seed), { ofRange });
}

function compile(): CrcCode | undefined {
  try {
    return compileCrc(BLOCKS * BLOCK_BYTES);
  } catch {
    // Node.js without WebAssembly (--jitless), or without the address space for it: JavaScript computes the same numbers.
    return undefined;
  }
}
