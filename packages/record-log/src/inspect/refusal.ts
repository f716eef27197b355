import { errnoOf } from "@datawal/safeatomic/internal";
import type { DamageReason } from "../record-log-error.js";
import { RecordLogError } from "../record-log-error.js";
import type { Damage, SegmentFindings } from "./inspection.js";
import { describeWarning, type RecoveryWarning } from "./recovery-warning.js";
import type { RecoveryReport } from "./report.js";

/**
 * Checks that a segment is whole, or the last one, and torn as a crash tears it.
 *
 * @throws RecordLogError ERR_DATAWAL_SEGMENT_DAMAGED, ERR_DATAWAL_NOT_A_SEGMENT, ERR_DATAWAL_FRAME_UNSUPPORTED
 */
export function requireSound({ damage }: Pick<SegmentFindings, "damage">, isLast: boolean): void {
  if (damage && !(isLast && damage.verdict === "damaged-tail")) throw damageError(damage, !isLast);
}

/** Why a log with this damage is not opened. */
export function damageError(damage: Damage, isSealed: boolean): RecordLogError {
  const { path, segment, offset, reason } = damage;
  const code = isSealed ? "ERR_DATAWAL_SEGMENT_DAMAGED" : REFUSALS[damage.verdict];
  const message = `${path}: expected a frame at offset ${offset}, found ${describeReason(reason)}; ${ADVICE[code]}`;
  return new RecordLogError(code, message, { path, segment, offset, reason });
}

/** Checks that a writer knows what every group is. @throws RecordLogError ERR_DATAWAL_FRAME_UNSUPPORTED */
export function requireKnownGroups({ path, segment, unknownGroupOffset: offset }: SegmentFindings): void {
  if (offset === undefined) return;
  const place = { path, segment, offset, bytes: 0, reason: "unknown-group-version" } as const;
  throw damageError({ ...place, verdict: "unsupported" }, false);
}

const REFUSALS = {
  "not-a-segment": "ERR_DATAWAL_NOT_A_SEGMENT",
  unsupported: "ERR_DATAWAL_FRAME_UNSUPPORTED",
  "damaged-tail": "ERR_DATAWAL_SEGMENT_DAMAGED",
} as const;

const ADVICE = {
  ERR_DATAWAL_SEGMENT_DAMAGED:
    "a sealed segment is never damaged by a crash, so nothing was changed: restore it from a backup, or collect what is left with salvageTo",
  ERR_DATAWAL_NOT_A_SEGMENT:
    "this file was never a segment of a log, so nothing was changed: move it away and open again",
  ERR_DATAWAL_FRAME_UNSUPPORTED:
    "a newer version may have written it, so nothing was changed: open the store with that version, or collect what this one can read with salvageTo",
};

/** Why salvage had to leave bytes: what is wrong with them, in which file of a repair they are, or that it gave up. */
export type LossReason = DamageReason | "quarantine" | "journal" | "search-exhausted";

/** In words that end a sentence "found ...". */
export function describeReason(reason: LossReason): string {
  return REASON_WORDS[reason];
}

const REASON_WORDS: Readonly<Record<LossReason, string>> = {
  zeros: "zero bytes",
  "cut-header": "a header cut short by the end of the file",
  "cut-body": "a frame cut short by the end of the file",
  "crc-mismatch": "a frame with a CRC mismatch",
  "cut-group": "a group of records that is not whole",
  "unknown-group-version": "the head of a group of an unknown version",
  "bad-magic": "bytes that are no frame (bad magic)",
  "unknown-version": "a frame of an unknown wire version",
  "unknown-record-type": "a frame of an unknown record type",
  "reserved-flags": "a frame with reserved flags set",
  "key-too-large": "a header whose key length exceeds the limit",
  "payload-too-large": "a header whose payload length exceeds the limit",
  quarantine: "bytes that an earlier repair cut off",
  journal: "other bytes in the journal of an interrupted repair",
  "search-exhausted": "more forged headers than a search may try",
};

/** What `{ recover: "strict" }` refuses (disk-rules R6). */
export function requireNoObjection(
  path: string,
  { warnings, validFramesBeyond }: Pick<RecoveryReport, "warnings" | "validFramesBeyond">,
): void {
  const objections = warnings.filter(({ kind }) => STRICT_OBJECTIONS.has(kind)).map(describeWarning);
  if (validFramesBeyond) objections.unshift(`${validFramesBeyond} valid frames lie beyond the damage`);
  if (objections.length === 0) return;
  const message = `${path}: expected a log that only a crash may have torn, found: ${objections.join("; ")}; nothing was changed: look with verifyLog, collect with salvageTo, or open without recover: "strict"`;
  throw new RecordLogError("ERR_DATAWAL_STRICT_RECOVERY", message, { path, objections });
}

const STRICT_OBJECTIONS: ReadonlySet<RecoveryWarning["kind"]> = new Set([
  "missing-segment",
  "missing-beginning",
  "txid-gap",
  "synced-data-damaged",
  "synced-data-missing",
  "search-exhausted",
]);

/** Whether a port call failed for lack of space. */
export function isNoSpace(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === "ENOSPC" || errno === "EDQUOT";
}

/** Turns a lack of space into an error that says how much a repair needs; passes on everything else. */
export function noSpaceError(error: unknown, path: string, bytesNeeded: number): unknown {
  if (!isNoSpace(error)) return error;
  const message = `${path}: expected ${bytesNeeded} bytes of free space to repair the tail without losing a byte, the file system has fewer; nothing was changed and readers work: free some space and open again`;
  return new RecordLogError("ERR_DATAWAL_NO_SPACE", message, { path, bytesNeeded }, error);
}
