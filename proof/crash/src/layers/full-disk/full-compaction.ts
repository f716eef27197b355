import { join } from "node:path";
import { isTypedRefusal, OracleViolation } from "@datawal/oracle";
import { type FileSystem, nodeFileSystem } from "@datawal/safeatomic";
import { DataWal } from "datawal";
import type { FullDisk } from "./full-disk.js";

const KEYS = 6;
const ROUNDS = 4;
const SEGMENT_BYTES_MAX = 2000;

/**
 * Compacts a store in place on a disk that has no room for what is moved: whatever comes of it, no pair is lost, and
 * the next one gives all waste back once there is room.
 *
 * @param tellsFreeBytes Whether the port tells how much is free: then nothing fails for lack of space.
 * @returns what came of it.
 * @throws OracleViolation
 */
export async function compactOnFullDisk(disk: FullDisk, tellsFreeBytes: boolean): Promise<string> {
  const { freeBytes: _, ...withoutFreeBytes } = nodeFileSystem;
  const fileSystem = tellsFreeBytes ? nodeFileSystem : withoutFreeBytes;
  const db = openIn(disk, fileSystem);
  for (let round = 0; round < ROUNDS; round++)
    for (let key = 0; key < KEYS; key++) db.put(`key ${key}`, value(round));
  db.fsyncSync();
  await disk.fill();
  const outcome = ended(() => {
    const { left, segmentsRemoved } = db.compactSync();
    if (left.length === 0) return "all waste is gone";
    return `${segmentsRemoved.length > 0 ? "a part is left" : "all is left"}: ${left[0]!.reason}`;
  });
  requirePairs(db);
  const isPoisoned = db.isPoisoned;
  ended(() => db.closeSync());
  await disk.makeRoom();
  if (tellsFreeBytes && isPoisoned) throw new OracleViolation("9 compaction", `poisoned: ${outcome}`);
  using again = openIn(disk, fileSystem, "strict");
  requirePairs(again);
  again.compactSync();
  requirePairs(again);
  const { deadBytes, tombstoneBytes } = again.stats();
  if (deadBytes + tombstoneBytes > 0)
    throw new OracleViolation("9 compaction", `${deadBytes} bytes are dead`);
  return `compaction in place: ${outcome}`;
}

function openIn({ directory }: FullDisk, fileSystem: FileSystem, recover?: "strict"): DataWal {
  return DataWal.openSync(join(directory, "store"), {
    fileSystem,
    segmentBytesMax: SEGMENT_BYTES_MAX,
    recover,
  });
}

function value(round: number): Uint8Array {
  return new Uint8Array(250).fill(round);
}

function requirePairs(db: DataWal): void {
  for (let key = 0; key < KEYS; key++) {
    const found = db.get(`key ${key}`);
    if (!found || Buffer.compare(found, value(ROUNDS - 1)) !== 0)
      throw new OracleViolation("9 compaction", `key ${key} has another value, or none`);
  }
}

/** What is returned, or the code of a typed error. */
function ended(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    isTypedRefusal(error);
    return (error as { code: string }).code;
  }
}
