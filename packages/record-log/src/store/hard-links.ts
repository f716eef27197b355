import type { FileStat } from "@datawal/safeatomic";
import { RecordLogError } from "../record-log-error.js";

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
