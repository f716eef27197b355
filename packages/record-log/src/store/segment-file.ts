import type { FileStat } from "@datawal/safeatomic";
import { isSameFile } from "@datawal/safeatomic/internal";
import { RecordLogError } from "../record-log-error.js";

/** The file that a name must show, with so many bytes. */
type ExpectedSegment = Pick<FileStat, "size" | "identity">;

/** @param expectedSize and actualSize in bytes: how long the file must be, and how long it is. */
export function segmentChanged(path: string, expectedSize: number, actualSize: number): RecordLogError {
  const message = `${path}: expected a size of at least ${expectedSize} bytes, found ${actualSize}: another program changed the file meanwhile; find out which, then try again`;
  return new RecordLogError("ERR_DATAWAL_SEGMENT_CHANGED", message, {
    path,
    expected: expectedSize,
    actual: actualSize,
  });
}

/**
 * Checks that a segment that is written is what its writer believes: the same file, and as long as was appended
 * (disk-rules R19).
 *
 * @throws RecordLogError ERR_DATAWAL_SEGMENT_CHANGED
 */
export function requireSegment(
  path: string,
  expected: ExpectedSegment,
  found: ExpectedSegment | undefined,
): void {
  if (isSameFile(found, expected) && found?.size === expected.size) return;
  const message = `${path}: expected the file that is open for writing, of ${expected.size} bytes, found ${whatHappened(expected, found)}; records may be gone: keep the store out of that program's reach, close this handle, open again and see the report`;
  const facts = { path, expected: expected.size, actual: found?.size ?? 0 };
  throw new RecordLogError("ERR_DATAWAL_SEGMENT_CHANGED", message, facts);
}

function whatHappened(expected: ExpectedSegment, found: ExpectedSegment | undefined): string {
  if (!found) return "none: another program removed it, or moved the directory away";
  if (!isSameFile(found, expected)) return "another one: another program replaced it";
  const verb =
    found.size < expected.size ? "shortened it, as a log rotator's copytruncate does" : "appended to it";
  return `${found.size} bytes: another program ${verb}`;
}

/** Whether a file has another name: whoever made that, for a backup perhaps, does not expect the file to change. */
export function isLinked({ links = 1 }: FileStat): boolean {
  return links > 1;
}

/** @throws RecordLogError ERR_DATAWAL_SEGMENT_LINKED */
export function requireUnlinked(path: string, stat: FileStat): void {
  if (!isLinked(stat)) return;
  const links = stat.links!;
  const message = `${path}: expected a file with one name, since its tail has to be cut, found ${links} names (hard links); nothing was changed: copy the file to another name, rename the copy to this one, and open again`;
  throw new RecordLogError("ERR_DATAWAL_SEGMENT_LINKED", message, { path, links });
}
