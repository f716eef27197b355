import { join } from "node:path";
import { OracleViolation } from "@datawal/oracle";
import { parseStoreName, QUARANTINE_HEADER_LEN } from "@datawal/record-log/internal";
import type { FileSystem } from "@datawal/safeatomic";
import { type RecoveryReport, segmentName } from "datawal";
import { readFile } from "./read-file.js";
import { STORE } from "./store-path.js";

/** What an open cuts off behind the valid prefix. */
export interface CutBytes {
  segment: number;
  offset: number;
  bytes: Uint8Array;
}

/**
 * What an open that reported this has cut off.
 *
 * @param before The disk as it was before that open.
 * @returns Nothing where nothing was cut but zeros, or where an earlier repair was finished first.
 */
export function cutBytes(before: FileSystem, report: RecoveryReport): CutBytes | undefined {
  const { damageSegment: segment, damageOffset: offset } = report;
  if (segment === undefined || offset === undefined) return undefined;
  if (before.list(STORE).some(({ name }) => name.endsWith(".tail"))) return undefined;
  const bytes = readFile(before, join(STORE, segmentName(segment))).subarray(offset);
  return bytes.some((byte) => byte !== 0) ? { segment, offset, bytes } : undefined;
}

/** Disk-rules R4: what was cut off is kept beside the segment, in one file or several, but for zeros. @throws OracleViolation */
export function isKept(disk: FileSystem, { segment, offset, bytes }: CutBytes): void {
  const missing = bytes.slice();
  for (const { name } of disk.list(STORE)) {
    const parsed = parseStoreName(name);
    if (parsed.kind !== "quarantine" || parsed.segment !== segment || parsed.offset < offset) continue;
    const kept = readFile(disk, join(STORE, name)).subarray(QUARANTINE_HEADER_LEN);
    const at = parsed.offset - offset;
    if (Buffer.compare(kept, bytes.subarray(at, at + kept.length)) === 0)
      missing.fill(0, at, at + kept.length);
  }
  if (missing.every((byte) => byte === 0)) return;
  throw new OracleViolation(
    "1 durable",
    `${bytes.length} bytes were cut off at offset ${offset} of segment ${segment}, and are kept nowhere`,
  );
}
