import { resolve } from "node:path";
import { withStoreErrors } from "@datawal/record-log/internal";
import { runAsync, runSync, type Steps } from "@datawal/safeatomic/internal";
import { checkPath } from "../data-wal-options.js";
import { type ReplaceOptions, StoreSwap } from "./store-swap.js";

/**
 * Puts a store in the place of another, usually its compacted copy, and removes the one replaced. Both are locked
 * meanwhile, so close their handles first. From the first change on nothing is given up.
 *
 * Before it, both are read through: the replacement must hold exactly the live pairs of the store, keys and values, and the
 * store no Raw records, or the swap is refused. So nothing that was put since the copy was made is lost.
 *
 * The old store is called STORE.old for as long as the swap takes. Where a crash leaves it there, call this again with
 * the same arguments: it finishes the swap. Until then the store opens as the old or as the new one, or refuses with
 * ERR_DATAWAL_SWAP_UNFINISHED. When this resolves the swap is durable.
 *
 * @param dir The store's directory. Nothing but the files of a log may be in it: foreign ones are not ours to remove.
 * Quarantine files are not either: they move to `quarantine-N` in the new store, whose reports name it.
 * @param replacement The directory of an intact store, on the same file system.
 * @throws RecordLogError ERR_DATAWAL_LOCKED, ERR_DATAWAL_STORE_NOT_FOUND, ERR_DATAWAL_STORE_NOT_A_DIRECTORY,
 * ERR_DATAWAL_REPLACED, ERR_DATAWAL_STORE_IO, and as `RecordLogReader.open`; DataWalError ERR_DATAWAL_SWAP_REFUSED,
 * ERR_DATAWAL_OLD_STORE_PRESENT, ERR_DATAWAL_REPLACEMENT_DAMAGED, ERR_DATAWAL_SOURCE_DAMAGED,
 * ERR_DATAWAL_REPLACEMENT_DIFFERS; RangeError ERR_DATAWAL_BAD_REPLACEMENT; TypeError ERR_DATAWAL_NOT_A_PATH: both
 * stores are as they were (but for ERR_DATAWAL_STORE_IO from giving back a lock, when all is done)
 * @throws DataWalError ERR_DATAWAL_SWAP_INCOMPLETE: the replacement is in place; call this again to finish
 * @throws RecordLogError ERR_DATAWAL_SWAP_UNFINISHED: the store is at STORE.old, and the replacement is gone, or (the
 * error has a cause) could not be moved: then call this again to finish
 */
export function replaceStore(dir: string, replacement: string, options: ReplaceOptions = {}): Promise<void> {
  return runAsync(replaceSteps(dir, replacement, options), options);
}

/** As {@link replaceStore}, on this thread. */
export function replaceStoreSync(dir: string, replacement: string, options: ReplaceOptions = {}): void {
  runSync(replaceSteps(dir, replacement, options), options);
}

function* replaceSteps(dir: string, replacement: string, options: ReplaceOptions): Steps<void> {
  checkPath("dir", dir);
  checkPath("replacement", replacement);
  yield* withStoreErrors("replaceStore", dir, () => swapSteps(resolve(dir), resolve(replacement), options));
}

function* swapSteps(store: string, replacement: string, options: ReplaceOptions): Steps<void> {
  yield* new StoreSwap(store, replacement, options).run();
}
