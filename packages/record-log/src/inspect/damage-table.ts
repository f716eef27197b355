import { HEADER_LEN, type InvalidReason, MAGIC } from "@datawal/format";
import type { DamageReason } from "../record-log-error.js";
import { isZero } from "../store/file-range.js";

/** What open does about the first place of the active segment that does not decode. */
export type Verdict = "damaged-tail" | "not-a-segment" | "unsupported";

/** What is known of that place when it is judged. */
export interface Evidence {
  /** Where it lies, from the start of the file. */
  offset: number;
  reason: DamageReason;
  /** The bytes there: 24, or fewer where the file ends. */
  head: Uint8Array;
  /** Whether a segment comes before this one: then this file is part of a log, whatever it begins with. */
  hasPredecessor: boolean;
  /** Whether the lengths in the header are within the limits and the frame they announce ends inside the file. */
  frameFits: boolean;
}

/**
 * The table of disk-rules R6: the first row that applies decides.
 *
 * A crash makes a segment begin with zeros or with the start of a frame, so whatever else stands at offset 0 was
 * hardly ever a segment, and nothing of it may be cut. Behind another segment it was one: file systems that map blocks before
 * they write them leave stale bytes at the start of a segment just begun (docs/decisions/0007). A sound magic with an unknown version, type or flag may be a newer
 * writer's frame, unless a lost sector (an all-zero piece of the header) explains it.
 */
export const TAIL_RULES: readonly { verdict: Verdict; applies(evidence: Evidence): boolean }[] = [
  {
    verdict: "not-a-segment",
    applies: (e) => e.offset === 0 && !e.hasPredecessor && !isZero(e.head) && !beginsAsFrame(e.head),
  },
  { verdict: "unsupported", applies: (e) => isUnsupported(e.reason) && e.frameFits && !hasLostSector(e) },
  { verdict: "damaged-tail", applies: () => true },
];

export function judgeTail(evidence: Evidence): Verdict {
  return TAIL_RULES.find((rule) => rule.applies(evidence))!.verdict;
}

/** Told from the decoder's outcome: all-zero bytes and the two kinds of cut are set apart. */
export function damageReason(
  outcome: "truncated" | "crc-mismatch" | "cut-group" | InvalidReason,
  head: Uint8Array,
): DamageReason {
  if (isZero(head)) return "zeros";
  if (outcome !== "truncated") return outcome;
  return head.length < HEADER_LEN ? "cut-header" : "cut-body";
}

function beginsAsFrame(head: Uint8Array): boolean {
  return MAGIC.every((byte, i) => i >= head.length || head[i] === byte);
}

function isUnsupported(reason: DamageReason): boolean {
  return reason === "unknown-version" || reason === "unknown-record-type" || reason === "reserved-flags";
}

/** The fault model's unit of loss. */
const SECTOR_LEN = 512;

function hasLostSector(evidence: Evidence): boolean {
  const boundary = SECTOR_LEN - (evidence.offset % SECTOR_LEN);
  return (
    isZero(evidence.head.subarray(0, boundary)) ||
    (boundary < HEADER_LEN && isZero(evidence.head.subarray(boundary)))
  );
}
