import { join, resolve } from "node:path";
import { type FileSystem, runAsync, runSync, type Steps } from "@datawal/safeatomic";
import { checkReadOptions, type ReadOptions } from "./open-options.js";
import { publishDirectory } from "./publish-directory.js";
import { Salvage, type SalvageLoss } from "./recovery/salvage.js";
import { findStoreDirectory } from "./store-directory.js";
import { segmentName } from "./store-names.js";
import { storeOperation } from "./store-operation.js";

export type { SalvageLoss };

/** What {@link salvageTo} found, and what it had to leave. */
export interface SalvageResult {
  /** Frames saved: those of the valid prefixes, of what lies behind damage, of journals and of quarantine files. */
  records: number;
  bytes: number;
  /** Ids of the segments written; the same as in the source. */
  segments: number[];
  /** Every stretch of bytes that belongs to no frame that was saved, in order. */
  lost: SalvageLoss[];
  /** Ids between two segments that do not exist: nobody knows what their records were. */
  missingSegments: number[];
  /** Whether the target was written: not on a dry run, and not where nothing was found. */
  isPublished: boolean;
}

export interface SalvageOptions extends ReadOptions {
  /** Only look: write nothing. */
  dryRun?: boolean | undefined;
}

/**
 * Collects every valid frame that can be found of a damaged store, byte for byte, in physical order and under the same
 * segment numbers, past damage and out of quarantine files. A frame nested in another's payload is not taken for a
 * record where the outer frame's extent is known: also with any one bit of it turned over. Where its header is gone,
 * only txids tell them apart. What is left out is listed. The target appears whole and durable, or not at all; nothing
 * is written where nothing was found.
 *
 * @param dir The store's directory; only read.
 * @param target Must not exist, or be an empty directory; its parents are made.
 * @throws RecordLogError ERR_DATAWAL_TARGET_EXISTS, ERR_DATAWAL_STORE_NOT_FOUND, ERR_DATAWAL_STORE_NOT_A_DIRECTORY,
 * ERR_DATAWAL_SWAP_UNFINISHED, ERR_DATAWAL_SEGMENT_NOT_A_FILE, ERR_DATAWAL_STORE_IO
 */
export function salvageTo(dir: string, target: string, options?: SalvageOptions): Promise<SalvageResult> {
  return runAsync(salvageSteps(dir, target, options), options);
}

/** As {@link salvageTo}, on this thread. */
export function salvageToSync(dir: string, target: string, options?: SalvageOptions): SalvageResult {
  return runSync(salvageSteps(dir, target, options), options);
}

function* salvageSteps(dir: string, target: string, options: SalvageOptions = {}): Steps<SalvageResult> {
  const { fileSystem, crc, directory: path } = checkReadOptions(dir, options);
  return yield* storeOperation("salvage", path, function* () {
    const salvage = new Salvage(fileSystem, findStoreDirectory(fileSystem, path), crc);
    const isPublished = yield* options.dryRun
      ? dryRun(salvage)
      : publishUnlessEmpty(fileSystem, resolve(target), salvage);
    const { records, bytes, segments, lost, missingSegments } = salvage;
    return { records, bytes, segments, lost, missingSegments, isPublished };
  });
}

function* dryRun(salvage: Salvage): Steps<false> {
  yield* salvage.run(() => undefined);
  return false;
}

function* publishUnlessEmpty(fileSystem: FileSystem, target: string, salvage: Salvage): Steps<boolean> {
  try {
    yield* publishDirectory(fileSystem, target, function* (building) {
      yield* salvage.run((segment) => fileSystem.open(join(building, segmentName(segment)), "create"));
      if (salvage.records === 0) throw new NothingFound();
    });
    return true;
  } catch (error) {
    if (!(error instanceof NothingFound)) throw error;
    return false;
  }
}

class NothingFound extends Error {}
