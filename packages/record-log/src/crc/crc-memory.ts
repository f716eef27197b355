import type { Crc32c, CrcMemory } from "@datawal/format";
import { CODE_MEMORY_BYTES, type CrcCode, compileCrc } from "./crc-code.js";
import { nativeCrc32c, nativeOrTableCrc32c } from "./native-crc.js";

/** Compiling the code takes as long as summing some 64-KiB pieces without it: who has less than one does not ask for it. */
const PAYS_FROM_BYTES = 64 * 1024;
/** The longest that is read at once, and as much again for a frame that goes on behind it. */
const BLOCK_BYTES = 512 * 1024;
/** For operations under way at one time; a further one does without. */
const BLOCKS = 8;
/** Longer memory, of code of its own: V8 reserves 8 GiB of address space for each. */
const LONG_MAX = 8;
/** From here on native code is quicker, the call into it included. */
const NATIVE_FROM_BYTES = 2048;

/** A part of the code's memory. */
interface Block {
  readonly bytes: Uint8Array;
  readonly crc: Crc32c;
}

/** Made when first asked for. The code sums no other memory, and what it has is never given back to the system. */
let freeBlocks: Block[] | undefined;
let longFree = LONG_MAX;

/**
 * Takes memory that is summed by WebAssembly.
 *
 * @returns `undefined` for less than 64 KiB, and where none is left.
 */
export function takeMemory(byteCount: number): CrcMemory | undefined {
  if (byteCount < PAYS_FROM_BYTES) return undefined;
  if (byteCount > BLOCK_BYTES) return takeLong(byteCount);
  freeBlocks ??= makeBlocks(BLOCKS, BLOCK_BYTES);
  const block = freeBlocks.pop();
  return block && lend(block, () => freeBlocks!.push(block));
}

function takeLong(byteCount: number): CrcMemory | undefined {
  const [block] = longFree > 0 ? makeBlocks(1, byteCount) : [];
  if (block) longFree--;
  return block && lend(block, () => longFree++);
}

/** The block is free again after the first release; a second one must not free what somebody else has by then. */
function lend(block: Block, free: () => void): CrcMemory {
  let isReleased = false;
  const release = () => {
    if (!isReleased) free();
    isReleased = true;
  };
  return { ...block, release };
}

function makeBlocks(count: number, byteCount: number): Block[] {
  const code = compile(count * byteCount);
  if (!code) return [];
  return Array.from({ length: count }, (_, index) => {
    const address = CODE_MEMORY_BYTES + index * byteCount;
    const bytes = new Uint8Array(code.memory, address, byteCount);
    return { bytes, crc: crcOfBlock(bytes, address, code.crc) };
  });
}

function crcOfBlock(block: Uint8Array, address: number, ofMemory: CrcCode["crc"]): Crc32c {
  const ofRange = (bytes: Uint8Array, start: number, end: number) =>
    bytes === block && (end - start < NATIVE_FROM_BYTES || !nativeCrc32c())
      ? ofMemory(address + start, address + end)
      : nativeOrTableCrc32c.ofRange(bytes, start, end);
  return Object.assign((bytes: Uint8Array, seed?: number) => nativeOrTableCrc32c(bytes, seed), { ofRange });
}

function compile(freeBytes: number): CrcCode | undefined {
  try {
    return compileCrc(freeBytes);
  } catch {
    // Node.js without WebAssembly (--jitless), or without the address space for it: JavaScript computes the same numbers.
    return undefined;
  }
}
