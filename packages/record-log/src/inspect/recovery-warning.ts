import type { LogPosition } from "../log-record.js";

/** Something that does not keep a store from opening, and that its owner should know. */
export type RecoveryWarning =
  /** Between two segments, `count` ids from `segment` on do not exist: their records are gone. */
  | { kind: "missing-segment"; segment: number; count: number }
  /** The log has its first segment, and begins with another txid than 1: its first records are gone. */
  | { kind: "missing-beginning"; segment: number; txid: bigint }
  /** A record's txid is not its predecessor's plus one, or within a group plus two; told once per log, with the number of such places. */
  | { kind: "txid-gap"; segment: number; offset: number; expected: bigint; actual: bigint; places: number }
  /** Of a group not all records are there, and another program has appended behind them: each counts by itself. The last one of a segment, with the number of such places. */
  | { kind: "group-broken"; segment: number; offset: number; places: number }
  /** The file system cannot sync directories: a power cut may lose names. */
  | { kind: "directory-sync-unsupported"; path: string }
  /** Bytes cut off by an earlier repair are kept here until somebody removes them; those of a store that was swapped away in a directory. */
  | { kind: "quarantine-present"; path: string }
  /** A tail repair was interrupted: its journal keeps records that the segment lacks until a writer opens the store. */
  | { kind: "repair-unfinished"; path: string }
  /** The damage lies in bytes that had been synced: not a crash but rot or an outside hand. */
  | { kind: "synced-data-damaged"; segment: number; offset: number; syncedBytes: number }
  /** The log ends before what the sync note says was synced: acknowledged records are missing. */
  | { kind: "synced-data-missing"; segment: number; syncedBytes: number }
  /** Such a name has more than eight digits and is not counted as a segment. */
  | { kind: "overlong-segment-name"; path: string }
  /** Frames beyond the damage were counted only up to this offset, since forged headers would cost too much. */
  | { kind: "search-exhausted"; segment: number; offset: number }
  /** The active segment could not be synced when the store was opened; its unproven bytes were written again. */
  | { kind: "open-sync-failed"; segment: number; errno: string }
  /** `.lock` has another name, a hard link: it is locked and not written, so it tells neither the owner nor what was synced. */
  | { kind: "lock-linked"; path: string }
  /** The newest segment has other names, hard links: it is not written any more, and a new one was begun behind it. */
  | { kind: "segment-linked"; segment: number; links: number }
  /** Of the discarded bytes those that are not zero are kept, in several files. */
  | (CutBytes & { kind: "kept-in-parts"; keptBytes: number; paths: string[] })
  /** There was no space to keep the discarded bytes, or they are more than a repair copies; none was acknowledged and no valid frame was among them. */
  | (CutBytes & { kind: "cut-without-quarantine"; reason: "no-space" | "too-large" });

/** What a repair cut off a segment. */
type CutBytes = LogPosition & { bytes: number };

/** Whether acknowledged data is gone or damaged: no crash does that. */
export function isSyncedDataLost({ warnings }: { warnings: readonly RecoveryWarning[] }): boolean {
  return warnings.some(({ kind }) => kind === "synced-data-missing" || kind === "synced-data-damaged");
}

/** One line for people. */
export function describeWarning(warning: RecoveryWarning): string {
  switch (warning.kind) {
    case "missing-segment":
      return warning.count === 1
        ? `segment ${warning.segment} is missing between its neighbours: its records are gone`
        : `segments ${warning.segment} to ${warning.segment + warning.count - 1} are missing between their neighbours: their records are gone`;
    case "txid-gap":
      return `segment ${warning.segment}, offset ${warning.offset}: expected txid ${warning.expected}, found ${warning.actual} (${warning.places} such places): records are missing or repeated`;
    case "group-broken":
      return `segment ${warning.segment}, offset ${warning.offset}: a group of records is not whole (${warning.places} such places in this segment): a program that knows no groups has gone on behind it, so what is left of it counts`;
    case "missing-beginning":
      return `the log begins with txid ${warning.txid} in segment ${warning.segment} and not with txid 1: its first records are gone`;
    case "lock-linked":
      return `${warning.path} has another name (a hard link), so it is locked but not written: without the sync note, each open writes the newest segment again; while no program has the store open, copy the file and rename the copy to this name`;
    case "segment-linked":
      return `segment ${warning.segment} has ${warning.links} names (hard links, as "cp -al" makes them), so nothing more is written to it: a new segment was begun behind it`;
    case "directory-sync-unsupported":
      return `${warning.path} cannot be synced on this file system: a power cut may lose new file names`;
    case "quarantine-present":
      return `${warning.path} keeps bytes that a repair cut off; look at them, then remove it`;
    case "repair-unfinished":
      return `${warning.path} belongs to a repair that was interrupted and may hold records the segment lacks: open the store for writing to finish it`;
    case "synced-data-damaged":
      return `segment ${warning.segment} is damaged at offset ${warning.offset}, below the ${warning.syncedBytes} bytes known to be synced: bit rot or an outside hand, not a crash`;
    case "synced-data-missing":
      return `the log ends before byte ${warning.syncedBytes} of segment ${warning.segment}, which was synced: acknowledged records are missing`;
    case "overlong-segment-name":
      return `${warning.path} has more than eight digits and is not read as a segment`;
    case "search-exhausted":
      return `the search for valid frames behind the damage in segment ${warning.segment} stopped at offset ${warning.offset}: too many forged headers`;
    case "open-sync-failed":
      return `segment ${warning.segment} could not be synced when the store was opened (${warning.errno}): what was not known to be durable was written again; check the device`;
    case "kept-in-parts":
      return `of ${warning.bytes} bytes cut off segment ${warning.segment} at offset ${warning.offset}, ${warning.keptBytes} are kept in ${warning.paths.length} files; the others were zero`;
    case "cut-without-quarantine":
      return `${warning.bytes} bytes cut off segment ${warning.segment} at offset ${warning.offset} could not be kept ${warning.reason === "no-space" ? "for lack of space" : "since they are more than a repair copies"}; none was acknowledged, none was a valid frame`;
  }
}
