import { crc32c, FrameCursor } from "@datawal/format";
import type { SimulatedDisk } from "@datawal/safeatomic/testing";
import { frames, raw, type SampleRecord } from "./frames.js";
import { filesOf, STORE } from "./store-files.js";

/**
 * What the reference does in a store: it reads the segments as far as they are valid, ignores every other file, cuts
 * nothing, appends one record to the end of the last segment, with the txid that follows the largest it has read, and
 * syncs.
 */
export function visitByReference(disk: SimulatedDisk, payload: string): SampleRecord {
  const segments = Object.entries(filesOf(disk))
    .filter(([name]) => name.endsWith(".dwal"))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const record = raw(1n + segments.reduce((max, [, bytes]) => largest(max, bytes), 0n), payload);
  const frame = frames(record);
  const file = disk.open(`${STORE}/${segments.at(-1)![0]}`, "append");
  file.append(frame, 0, frame.length);
  file.fsyncSync();
  file.close();
  disk.fsyncDirectorySync(STORE);
  return record;
}

function largest(max: bigint, segment: Uint8Array): bigint {
  const cursor = new FrameCursor();
  let found = max;
  for (let at = 0; cursor.read(segment, at, crc32c) === "record"; at = cursor.end) {
    if (cursor.txid > found) found = cursor.txid;
  }
  return found;
}
