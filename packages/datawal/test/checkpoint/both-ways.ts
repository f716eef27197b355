import { createSimulatedDisk, type SimulatedDisk } from "@datawal/safeatomic/testing";
import { expect } from "vitest";
import { type CheckpointUse, DataWal, type DataWalOptions, DataWalReader } from "../../src/index.js";

export const STORE = "/store";
export const CHECKPOINT = `${STORE}/keydir-checkpoint`;

type Options = DataWalOptions<string, string, Uint8Array, Uint8Array>;

/** Opens for writing with small segments, and with a checkpoint at every close. */
export function openStore(fileSystem: Options["fileSystem"], options: Options = {}, path = STORE) {
  return DataWal.openSync(path, {
    fileSystem,
    segmentBytesMax: 200,
    checkpoint: { minLogBytes: 0 },
    ...options,
  });
}

/** A disk with a store of some segments and its checkpoint; the last put has closed it. */
export function diskWithCheckpoint(pairs = 12): SimulatedDisk {
  const disk = createSimulatedDisk();
  const db = openStore(disk);
  for (let index = 0; index < pairs; index++) db.put(`key-${index % 9}`, `value-${index}`);
  db.delete("key-4");
  db.closeSync();
  return disk;
}

/** The disk as a boot finds it: a copy. */
export function copyOf(disk: SimulatedDisk): SimulatedDisk {
  for (const image of disk.crashImages({ limit: 1, random: () => 0 })) return image.mount();
  throw new Error("expected an image");
}

/** What a handle shows, but for how it came to know it. */
export function shownBy(handle: DataWal<string, string, Uint8Array, Uint8Array> | DataWalReader) {
  const { checkpoint: _, keydirBytes: __, ...stats } = handle.stats();
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
  const pairs = [...handle].map(([key, value]) => `${text(key)}=${text(value)}`);
  return { pairs, stats, report: handle.recoveryReport() };
}

const failure = (error: unknown) => ({ code: (error as { code?: string }).code ?? String(error) });

function attempt(open: () => Parameters<typeof shownBy>[0] & { closeSync(): void }) {
  try {
    const handle = open();
    try {
      return { shown: shownBy(handle), use: handle.stats().checkpoint };
    } finally {
      handle.closeSync();
    }
  } catch (error) {
    return { shown: failure(error), use: undefined };
  }
}

/**
 * Opens a copy of a disk for reading and for writing, with the checkpoint and without, and requires that both show the same.
 *
 * @param arrange How pairs of the two are compared: as they come, unless told otherwise.
 * @returns What the reader and the writer made of the checkpoint.
 */
export function bothWays(
  disk: SimulatedDisk,
  arrange: (pairs: string[]) => string[] = (pairs) => pairs,
): (CheckpointUse | undefined)[] {
  const arranged = ({ shown, use }: ReturnType<typeof attempt>) => ({
    use,
    shown: "pairs" in shown ? { ...shown, pairs: arrange(shown.pairs) } : shown,
  });
  const uses: (CheckpointUse | undefined)[] = [];
  for (const open of [
    (checkpoint: boolean) => DataWalReader.openSync(STORE, { fileSystem: copyOf(disk), checkpoint }),
    (checkpoint: boolean) => DataWal.openSync(STORE, { fileSystem: copyOf(disk), checkpoint }),
  ]) {
    const plain = arranged(attempt(() => open(false)));
    const quick = arranged(attempt(() => open(true)));
    expect(quick.shown).toEqual(plain.shown);
    uses.push(quick.use);
  }
  return uses;
}
