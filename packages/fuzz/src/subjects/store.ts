import type { FileSystem } from "@datawal/safeatomic";
import { DataWal, DataWalReader, replaceStore } from "datawal";
import { nameOf } from "../laws/expect-same.js";
import type { StorePlace, StoreReaderUnderTest, StoreWriterUnderTest } from "../machines/store-machine.js";
import { openAfterCrash, SimulatedPower } from "./simulated-power.js";

/** Small, so that programs come to several segments. */
const SEGMENT_BYTES_MAX = 2_000;

/** `DataWal` as what the laws ask for, and by what a swap has its copy. */
export interface DataWalUnderTest extends StoreWriterUnderTest {
  compactTo(target: string): Promise<unknown>;
}

export async function dataWal(dir: string, fileSystem: FileSystem): Promise<DataWalUnderTest> {
  const store = await DataWal.open(dir, { fileSystem, segmentBytesMax: SEGMENT_BYTES_MAX });
  return {
    put: (key, value) => store.put(key, value),
    delete: (key) => store.delete(key),
    get: (key) => store.get(key),
    pairs: () => store.entries(),
    putMany: (pairs) => store.putMany(pairs),
    batch: (changes) => store.batch(changes),
    fsync: () => store.fsync(),
    rotate: () => store.rotate(),
    compact: () => store.compact(),
    compactTo: (target) => store.compactTo(target),
    close: () => store.close(),
  };
}

/** `DataWalReader`, and its `follow`, as what the laws ask for. */
export async function dataWalReader(dir: string, fileSystem: FileSystem): Promise<StoreReaderUnderTest> {
  const reader = await DataWalReader.open(dir, { fileSystem });
  const following = await DataWalReader.open(dir, { fileSystem });
  const followed = new Map<string, readonly [Uint8Array, Uint8Array]>();
  let failure: unknown;
  const follow = async () => {
    for await (const change of following.follow({ pollMs: 1 })) {
      if (change.type === "put") followed.set(nameOf(change.key), [change.key, change.value]);
      else followed.delete(nameOf(change.key));
    }
  };
  const end = follow().catch((error) => {
    failure = error;
  });
  return {
    refresh: () => reader.refresh(),
    pairs: () => reader.entries(),
    followed: () => {
      if (failure !== undefined) throw failure;
      return followed.values();
    },
    close: async () => {
      await reader.close();
      // Ends following, which is no failure.
      await following.close();
      await end;
    },
  };
}

/** A place for a `DataWal` on a disk in memory, whose power can be cut. */
export function simulatedStore(): StorePlace {
  const power = new SimulatedPower();
  let copies = 0;
  return {
    open: () => openAfterCrash(power, (disk) => dataWal("/store", disk)),
    openReader: () => dataWalReader("/store", power.disk),
    swap: async (store) => {
      const copy = `/copy-${++copies}`;
      await (store as DataWalUnderTest).compactTo(copy);
      await store.close();
      await replaceStore("/store", copy, { fileSystem: power.disk });
    },
    crash: (crash) => power.crash(crash),
    doReadersSurviveKills: false,
    hasPowerCuts: true,
    remove: () => undefined,
  };
}
