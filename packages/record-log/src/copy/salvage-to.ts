import { join, resolve } from "node:path";
import { type FileSystem, isSafeatomicError } from "@datawal/safeatomic";
import { ownOptions, runAsync, runSync, type Steps } from "@datawal/safeatomic/internal";
import type { OptionNames } from "../known-options.js";
import { checkReadOptions, MAKE_OPTIONS, type MakeOptions } from "../open-options.js";
import { writeRemovedSegments } from "../store/removed-segments.js";
import { Store } from "../store/store.js";
import { segmentName } from "../store/store-names.js";
import { readOperation } from "../store/store-operation.js";
import { buildFile, discardDirectory, publishDirectory } from "./publish-directory.js";
import { Salvage, type SalvagedQuarantine, type SalvageLoss, type SalvageTargets } from "./salvage.js";

export type { SalvagedQuarantine, SalvageLoss };

/** What {@link salvageTo} found, and what it had to leave. */
export interface SalvageResult {
  /**
   * Frames in the target: those of the valid prefixes, of what lies behind damage, of journals, and of quarantine files
   * where these were put back.
   */
  records: number;
  bytes: number;
  /** Ids of the segments written; the same as in the source. */
  segments: number[];
  /** Every stretch of bytes that belongs to no frame that was saved, in order. */
  lost: SalvageLoss[];
  /** What became of each tail in quarantine: where its records went. */
  quarantines: SalvagedQuarantine[];
  /**
   * Groups of which not all records were found. Where another program has gone on behind a part its head is saved, too, as the
   * log counts it; elsewhere the records alone are.
   */
  brokenGroups: number;
  /** Ids between two segments that do not exist, and that no compaction has removed: their records are unknown. */
  missingSegments: number[];
  /** Whether the target was written: not on a dry run, and not where nothing was found. */
  isPublished: boolean;
}

export interface SalvageOptions extends MakeOptions {
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
 * The records of a quarantine file go back only where the frame still stands that they stood behind. Elsewhere, or where
 * the file does not tell, records may have been deleted since: they go to a store of their own, `TARGET.quarantine-N`,
 * which is made before the target appears, and removed again where that fails.
 *
 * @param dir The store's directory; only read.
 * @param target Must not exist, or be an empty directory; its parents are made.
 * @throws RecordLogError ERR_DATAWAL_TARGET_EXISTS, ERR_DATAWAL_STORE_NOT_FOUND, ERR_DATAWAL_STORE_NOT_A_DIRECTORY,
 * ERR_DATAWAL_SWAP_UNFINISHED, ERR_DATAWAL_SEGMENT_NOT_A_FILE, ERR_DATAWAL_STORE_IO
 */
export function salvageTo(
  dir: string | URL,
  target: string,
  options?: SalvageOptions,
): Promise<SalvageResult> {
  return runAsync(salvageSteps(dir, target, options), options);
}

/** As {@link salvageTo}, on this thread. */
export function salvageToSync(dir: string | URL, target: string, options?: SalvageOptions): SalvageResult {
  return runSync(salvageSteps(dir, target, options), options);
}

function* salvageSteps(
  dir: string | URL,
  target: string,
  options: SalvageOptions = {},
): Steps<SalvageResult> {
  return yield* readOperation("salvage", checkReadOptions(dir, options, SALVAGE_OPTIONS), function* (store) {
    const salvage = new Salvage(store);
    const { dryRun } = ownOptions(options);
    if (dryRun) yield* salvage.run(NOWHERE);
    const isPublished = !dryRun && (yield* publish(store, resolve(target), salvage));
    const { records, bytes, segments, lost, quarantines, brokenGroups, missingSegments } = salvage;
    return { records, bytes, segments, lost, quarantines, brokenGroups, missingSegments, isPublished };
  });
}

const SALVAGE_OPTIONS: OptionNames<SalvageOptions> = { ...MAKE_OPTIONS, dryRun: true };

const NOWHERE: SalvageTargets = {
  makeSegment: (_segment, write) => write(),
  *makeStore(_segment, write) {
    yield* write();
    return undefined;
  },
};

function* publish(disk: Pick<Store, "fileSystem" | "crc">, target: string, salvage: Salvage): Steps<boolean> {
  const { fileSystem } = disk;
  const extracted: string[] = [];
  try {
    return yield* publishDirectory(fileSystem, target, function* (building) {
      yield* salvage.run({
        makeSegment: (segment, write) => buildFile(fileSystem, join(building, segmentName(segment)), write),
        *makeStore(segment, write) {
          const path = freePath(fileSystem, target);
          const isMade = yield* publishDirectory(fileSystem, path, function* (directory) {
            return (yield* buildFile(fileSystem, join(directory, segmentName(segment)), write)) > 0;
          });
          if (isMade) extracted.push(path);
          return isMade ? path : undefined;
        },
      });
      const { removed } = salvage;
      if (removed.ranges.length > 0) yield* writeRemovedSegments(new Store(disk, building), removed);
      return salvage.records > 0;
    });
  } catch (error) {
    // What has its name stays: whoever gets this error is told that it is there.
    if (!isSafeatomicError(error, "ERR_DATAWAL_CHANGE_NOT_DURABLE"))
      for (const path of extracted) discardDirectory(fileSystem, path);
    throw error;
  }
}

function freePath(fileSystem: FileSystem, target: string): string {
  for (let number = 1; ; number++) {
    const path = `${target}.quarantine-${number}`;
    if (fileSystem.stat(path) === undefined) return path;
  }
}
