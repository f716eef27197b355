import type { RecordLog } from "@datawal/record-log";
import { badOption, type OptionNames, requireKnownOptions } from "@datawal/record-log/internal";
import { ownOptions, type Steps } from "@datawal/safeatomic/internal";
import type { Space } from "../live/space.js";
import type { CompactionInPlaceResult, CompactOptions } from "./compact.js";
import type { CompactionOutcome } from "./compaction-event.js";
import { PacedSteps } from "./paced-steps.js";

export interface AutoCompactOptions {
  /**
   * Compacts when this share of the store is waste, and then the segments of which it is, 0.1 to 1; 0.5 when absent. Where
   * tombstones are most of the waste, all segments that have any.
   */
  minWasteRatio?: number | undefined;
  /** Not before there are so many bytes of waste, and so many were written since the last time; 8 MiB when absent. */
  minWasteBytes?: number | undefined;
}

/** How the last compaction went that a store began by itself. */
export type LastCompaction = CompactionOutcome;

const AUTO_COMPACT_OPTIONS: OptionNames<AutoCompactOptions> = { minWasteRatio: true, minWasteBytes: true };
const MIN_WASTE_RATIO = 0.5;
const MIN_WASTE_BYTES = 8 * 1024 * 1024;
/** So much of the store can be put behind a run before the next one begins. */
const FREED_SHARE = 0.1;

/**
 * Has a store compacted in place when that is worth it. Looked at behind rotations, so that a put costs a comparison.
 */
export class AutoCompaction {
  last: LastCompaction | undefined;
  readonly #minWasteRatio: number;
  readonly #minWasteBytes: number;
  /** The active segment when it was looked at. */
  #segment = -1;
  #running: PacedSteps<CompactionInPlaceResult> | undefined;
  /** The size that the last run left. */
  #bytesAfter = 0;
  /** The size from which on the next run may begin: one that moves more than it frees must not follow itself. */
  #bytesNext = 0;

  /** @throws TypeError, RangeError ERR_DATAWAL_BAD_OPTION */
  constructor(options: true | AutoCompactOptions) {
    if (options !== true && (typeof options !== "object" || options === null))
      throw badOption("autoCompact", "true, or an object", options, TypeError);
    const own = ownOptions(options === true ? {} : options);
    requireKnownOptions(own, AUTO_COMPACT_OPTIONS);
    const { minWasteRatio = MIN_WASTE_RATIO, minWasteBytes = MIN_WASTE_BYTES } = own;
    if (!(typeof minWasteRatio === "number" && minWasteRatio >= 0.1 && minWasteRatio <= 1))
      throw badOption("minWasteRatio", "a share, 0.1 to 1", minWasteRatio, RangeError);
    if (!(typeof minWasteBytes === "number" && minWasteBytes >= 0))
      throw badOption("minWasteBytes", "bytes", minWasteBytes, RangeError);
    this.#minWasteRatio = minWasteRatio;
    this.#minWasteBytes = minWasteBytes;
  }

  /** To be asked behind appends. A run that is under way goes on then, where it is behind. */
  isDue(activeSegment: number, space: Space): boolean {
    this.#running?.push();
    if (activeSegment === this.#segment || this.#running) return false;
    this.#segment = activeSegment;
    const { totalBytes, wasteBytes } = space;
    // Somebody else has compacted.
    if (totalBytes < this.#bytesAfter) this.#bytesNext = 0;
    const isMuch = wasteBytes >= Math.max(this.#minWasteBytes, this.#minWasteRatio * totalBytes);
    return isMuch && totalBytes >= this.#bytesNext;
  }

  /** @returns A run, to be driven beside. */
  begin(
    log: RecordLog,
    space: Space,
    compact: (options: CompactOptions, isEnough: () => boolean) => Steps<CompactionInPlaceResult>,
  ): Steps<CompactionInPlaceResult> {
    // One segment that is left keeps every tombstone: where these are most of the waste, none is.
    const minWasteRatio = 2 * space.tombstoneBytes > space.wasteBytes ? 0 : this.#minWasteRatio;
    this.#running = new PacedSteps(
      compact({ minWasteRatio }, () => this.#isEnough(space)),
      // Of each segment that it rewrites that share is freed, or more: the store does not grow while it runs.
      1 / this.#minWasteRatio,
      () => space.appendedBytes,
      (outcome) => this.#end(log, space, outcome),
    );
    return this.#running.steps();
  }

  #end(log: RecordLog, space: Space, outcome: LastCompaction): void {
    const bytesMoved = "result" in outcome ? outcome.result.bytesMoved : 0;
    this.#running = undefined;
    this.#bytesAfter = space.totalBytes;
    this.#bytesNext = space.totalBytes + Math.max(bytesMoved, this.#minWasteBytes);
    // The rotations of the run itself are none to look at.
    this.#segment = log.activeSegment;
    this.last = outcome;
  }

  /** Whether the next time is far enough: whoever frees all at once moves what would have become waste by itself. */
  #isEnough({ totalBytes, wasteBytes }: Space): boolean {
    const untilNextBytes = 2 * (this.#minWasteRatio * totalBytes - wasteBytes);
    return untilNextBytes >= Math.max(this.#minWasteBytes, FREED_SHARE * totalBytes);
  }
}
