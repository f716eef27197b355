import type { DamageReason } from "../record-log-error.js";
import type { StoreListing } from "../store/listing.js";
import type { Store } from "../store/store.js";
import { journalName } from "../store/store-names.js";
import type { Damage, Inspection } from "./inspection.js";
import type { RecoveryWarning } from "./recovery-warning.js";
import type { BeyondResult } from "./search-beyond.js";

/**
 * What an open found and did. The first seven fields are the reference's, then our own.
 * Values that describe a damage are undefined where there is none.
 */
export interface RecoveryReport {
  /** Segments inspected. */
  filesScanned: number;
  /** Valid records. */
  recordsReplayed: number;
  /** 1 where the active segment had a damaged tail, else 0. */
  tailTruncated: number;
  /** Bytes behind the active segment's valid prefix. */
  tailBytesDiscarded: number;
  /** Segments with damage that no crash explains; 0 in what an open returns, since open refuses these. */
  midStreamErrors: number;
  /** Frames of an unsupported version, type or flag; 0 in what an open returns. */
  unsupportedVersions: number;
  /** The largest txid; 0 without a record. */
  lastTxidSeen: bigint;
  damageSegment: number | undefined;
  /** Bytes from the start of that segment. */
  damageOffset: number | undefined;
  damageReason: DamageReason | undefined;
  /** Valid frames found behind the damage: more than 0 means rot or an outside hand rather than a crash. */
  validFramesBeyond: number | undefined;
  /** Where the discarded bytes were put, the first of several files; undefined where they were all zero. */
  quarantinePath: string | undefined;
  warnings: RecoveryWarning[];
}

/**
 * What the pass over a log found, as a report.
 *
 * @param damage of the active segment, if any.
 */
export function makeReport(
  inspection: Inspection,
  damage: Damage | undefined,
  validFramesBeyond: number | undefined,
  warnings: RecoveryWarning[],
): RecoveryReport {
  return {
    filesScanned: inspection.segments.length,
    recordsReplayed: inspection.records,
    tailTruncated: damage ? 1 : 0,
    tailBytesDiscarded: damage?.bytes ?? 0,
    midStreamErrors: 0,
    unsupportedVersions: 0,
    lastTxidSeen: inspection.txids.max,
    damageSegment: damage?.segment,
    damageOffset: damage?.offset,
    damageReason: damage?.reason,
    validFramesBeyond,
    quarantinePath: undefined,
    warnings,
  };
}

export function searchWarnings({ segment }: Damage, { exhaustedAt }: BeyondResult): RecoveryWarning[] {
  return exhaustedAt === undefined ? [] : [{ kind: "search-exhausted", segment, offset: exhaustedAt }];
}

export function wasSearchExhausted(report: RecoveryReport): boolean {
  return report.warnings.some((warning) => warning.kind === "search-exhausted");
}

export function listingWarnings(store: Store, listing: StoreListing): RecoveryWarning[] {
  const warnings = (kind: Extract<RecoveryWarning, { path: string }>["kind"], names: readonly string[]) =>
    names.map((name) => ({ kind, path: store.file(name) }));
  return [
    ...warnings("quarantine-present", [...listing.quarantines, ...listing.quarantineDirectories]),
    ...warnings("repair-unfinished", listing.journals.map(journalName)),
    ...warnings("overlong-segment-name", listing.overlong),
  ];
}
