import type { Crc32c } from "@datawal/format";

/**
 * What line 2 of `.lock` says: the first `size` bytes of this segment's inode went through a successful sync.
 *
 * It is a lower bound, and rewritten without a sync of its own: lost or stale it does no harm (disk-rules R5).
 */
export interface SyncNote {
  segment: number;
  /** In bytes from the start of the segment. */
  size: number;
  /** The segment's inode: a note about a file that has been replaced says nothing. */
  inode: string;
}

/** Every note has this length, so that a shorter one leaves nothing of a longer one behind it. */
const NOTE_LEN = 80;

/** A line that is no note. */
export const NO_SYNC_NOTE = " ".repeat(NOTE_LEN);

export function formatSyncNote(note: SyncNote, crc: Crc32c): string {
  const text = `synced 1 ${note.segment} ${note.size} ${note.inode}`;
  return `${text} ${checksum(text, crc)}`.padEnd(NOTE_LEN);
}

/** The note in a line, or `undefined` where there is none with a good checksum. */
export function parseSyncNote(line: string, crc: Crc32c): SyncNote | undefined {
  const match = /^(synced 1 (\d+) (\d+) (\S+)) ([0-9a-f]{8}) *$/.exec(line);
  if (!match || checksum(match[1]!, crc) !== match[5]) return undefined;
  return { segment: Number(match[2]), size: Number(match[3]), inode: match[4]! };
}

/** The inode within a port's `device:inode`: a device's number may change when it is mounted again. */
export function inodeOf(identity: string): string {
  return identity.split(":")[1] ?? "";
}

function checksum(text: string, crc: Crc32c): string {
  return crc(new TextEncoder().encode(text)).toString(16).padStart(8, "0");
}
