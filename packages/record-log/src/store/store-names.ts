/** Every file name in a store directory (disk-rules R12), made and recognised here alone. See docs/file-names.md. */

export const LOCK_NAME = ".lock";
/** The marker: which segments compaction in place has removed. */
export const REMOVED_SEGMENTS_NAME = "removed-segments";
/** The checkpoint of the key directory that a view of the log keeps. */
export const CHECKPOINT_NAME = "keydir-checkpoint";
/** The largest id that fits the eight digits of a segment's name. */
export const SEGMENT_ID_MAX = 99_999_999;
export const FIRST_SEGMENT_ID = 1;

const TEMPORARY_SUFFIX = ".new";

export type StoreName =
  | { kind: "lock" }
  | { kind: "removed-segments" }
  | { kind: "checkpoint" }
  | { kind: "segment"; segment: number }
  /** A segment's name with too many digits: the reference makes one past 99,999,999 and never finds it again. */
  | { kind: "overlong-segment" }
  | { kind: "temporary" }
  | { kind: "journal"; segment: number }
  | { kind: "quarantine"; segment: number; offset: number; attempt: number }
  | { kind: "quarantine-directory"; number: number }
  | { kind: "swap-mark"; successor: string }
  | { kind: "foreign" };

export function segmentName(segment: number): string {
  return `${digits(segment)}.dwal`;
}

/** The journal of a tail repair: what the repair is about to append. */
export function journalName(segment: number): string {
  return `${digits(segment)}.tail`;
}

/** The file that keeps the bytes cut off a segment at `offset`; `attempt` 0 is the plain name. */
export function quarantineName(segment: number, offset: number, attempt: number): string {
  return `${digits(segment)}.cut-${offset}${attempt === 0 ? "" : `-${attempt}`}`;
}

/** A directory of quarantine files of a store that was swapped away: they belong to none of the segments beside it. */
export function quarantineDirectoryName(number: number): string {
  return `quarantine-${number}`;
}

/**
 * The mark that a swap leaves in the store it replaces: an empty file whose name says by which directory. Only this tells
 * a STORE.old of ours from one that somebody keeps as a backup.
 */
export function swapMarkName(successor: string): string {
  return `.replaced-by-${successor}`;
}

export function temporaryName(name: string): string {
  return `${name}${TEMPORARY_SUFFIX}`;
}

export function parseStoreName(name: string): StoreName {
  return parseSwapName(name) ?? parseLogName(name);
}

function parseLogName(name: string): StoreName {
  if (name === LOCK_NAME) return { kind: "lock" };
  if (name === REMOVED_SEGMENTS_NAME) return { kind: "removed-segments" };
  if (name === CHECKPOINT_NAME) return { kind: "checkpoint" };
  const match = /^(\d{8})\.(?:(dwal)|(tail)|cut-(\d+)(?:-(\d+))?)$/.exec(name);
  if (match) {
    const segment = Number(match[1]);
    if (match[2]) return { kind: "segment", segment };
    if (match[3]) return { kind: "journal", segment };
    return { kind: "quarantine", segment, offset: Number(match[4]), attempt: Number(match[5] ?? 0) };
  }
  if (/^\d{9,}\.dwal$/.test(name)) return { kind: "overlong-segment" };
  if (
    name.endsWith(TEMPORARY_SUFFIX) &&
    parseLogName(name.slice(0, -TEMPORARY_SUFFIX.length)).kind !== "foreign"
  ) {
    return { kind: "temporary" };
  }
  return { kind: "foreign" };
}

/** What only swaps make, and none of it through a temporary. */
function parseSwapName(name: string): StoreName | undefined {
  const directory = /^quarantine-(\d{1,15})$/.exec(name);
  if (directory) return { kind: "quarantine-directory", number: Number(directory[1]) };
  const mark = /^\.replaced-by-([\w-]+)$/.exec(name);
  return mark ? { kind: "swap-mark", successor: mark[1]! } : undefined;
}

function digits(segment: number): string {
  return String(segment).padStart(8, "0");
}
