import { join } from "node:path";
import { TextDecoder, TextEncoder } from "node:util";
import type { Crc32c } from "@datawal/format";
import { errnoOf, isSameFile, readFully, useFile } from "@datawal/safeatomic/internal";
import type { Store } from "./store.js";
import { LOCK_NAME } from "./store-names.js";

/**
 * What line 2 of `.lock` says: the first `size` bytes of this segment's inode went through a successful sync.
 *
 * It is a lower bound, and rewritten without a sync of its own: lost or stale it does no harm (disk-rules R5).
 */
export interface SyncNote {
  segment: number;
  /** In bytes from the start of the segment. */
  size: number;
  /** The segment's {@link fileNumbersOf}: a note about a file that has been replaced says nothing. */
  file: string;
}

/** Every note has this length, so that a shorter one leaves nothing of a longer one behind it. */
const NOTE_LEN = 96;

/** A line that is no note. */
export const NO_SYNC_NOTE = " ".repeat(NOTE_LEN);

export function formatSyncNote(note: SyncNote, crc: Crc32c): string {
  const text = `synced 2 ${note.segment} ${note.size} ${note.file}`;
  return `${text} ${checksum(text, crc)}`.padEnd(NOTE_LEN);
}

/** The note in a line, or `undefined` where there is none with a good checksum. Version 1 knows no birth times. */
export function parseSyncNote(line: string, crc: Crc32c): SyncNote | undefined {
  const match = /^(synced [12] (\d+) (\d+) ([0-9:]+)) ([0-9a-f]{8}) *$/.exec(line);
  if (!match || checksum(match[1]!, crc) !== match[5]) return undefined;
  return { segment: Number(match[2]), size: Number(match[3]), file: match[4]! };
}

/** More than both lines of a lock file of ours. */
const LOCK_TEXT_BYTES_MAX = 4096;

/**
 * The note of a store that another process may be writing, read without its lock. Half an old one and half a new one
 * have no good checksum, and count for none: it is a lower bound.
 */
export function readSyncNote({ fileSystem, directory, crc }: Store): SyncNote | undefined {
  const path = join(directory, LOCK_NAME);
  if (fileSystem.stat(path)?.kind !== "file") return undefined;
  try {
    return useFile(fileSystem, path, "read", (file) => {
      const bytes = new Uint8Array(Math.min(file.stat().size, LOCK_TEXT_BYTES_MAX));
      const count = readFully(file, bytes, 0, bytes.length, 0);
      const [, line = ""] = new TextDecoder().decode(bytes.subarray(0, count)).split("\n");
      return parseSyncNote(line, crc);
    });
  } catch (error) {
    // Who may read the segments need not be let in here; and it may be gone since.
    if (!NOT_FOR_US.has(errnoOf(error))) throw error;
    return undefined;
  }
}

// On Windows a lock keeps others from reading, too: EBUSY.
const NOT_FOR_US: ReadonlySet<string | undefined> = new Set(["ENOENT", "EACCES", "EPERM", "EBUSY"]);

/** Bytes of this very file that a note calls synced; `undefined` where it speaks of another file. */
export function notedSize(note: SyncNote | undefined, segment: number, identity: string): number | undefined {
  if (note?.segment !== segment) return undefined;
  const isSame = isSameFile({ identity: note.file }, { identity: fileNumbersOf(identity) });
  return isSame ? note.size : undefined;
}

/** A file's identity without the device, whose number a mount may change: the inode, and the birth time where it is told. */
export function fileNumbersOf(identity: string): string {
  return identity.slice(identity.indexOf(":") + 1);
}

/** The inode within a port's identity. */
export function inodeOf(identity: string): string {
  return identity.split(":")[1] ?? "";
}

function checksum(text: string, crc: Crc32c): string {
  return crc(new TextEncoder().encode(text)).toString(16).padStart(8, "0");
}
