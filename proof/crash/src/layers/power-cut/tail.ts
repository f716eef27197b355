import { closeSync, openSync, readSync } from "node:fs";
import type { LogVerification } from "@datawal/record-log";

/** What a power cut has left at the end of a log. */
export type Tail = "clean" | "torn" | "zero-filled";

/** Whether the newest segment ends in a damage, and whether in zeros where data would be. */
export function tailOf({ damages }: LogVerification): Tail {
  const damage = damages.find(({ isSealed }) => !isSealed);
  if (!damage) return "clean";
  const bytes = readTail(damage.path, damage.offset, damage.bytes);
  return bytes.subarray(-SECTOR_BYTES).every((byte) => byte === 0) ? "zero-filled" : "torn";
}

const SECTOR_BYTES = 512;

function readTail(path: string, offset: number, byteCount: number): Uint8Array {
  const descriptor = openSync(path, "r");
  try {
    const bytes = new Uint8Array(byteCount);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, byteCount, offset));
  } finally {
    closeSync(descriptor);
  }
}
