import { channel } from "node:diagnostics_channel";
import { badOption } from "@datawal/record-log/internal";
import { ownOptions } from "@datawal/safeatomic/internal";
import type { Space } from "../live/space.js";
import type { CompactionInPlaceResult } from "./compact.js";
import type { PacedSteps } from "./paced-steps.js";

export interface AutoCompactOptions {
  /** Compacts when this share of the store is waste, and then the segments of which it is, 0.1 to 1; 0.5 when absent. */
  minWasteRatio?: number | undefined;
  /** Not before there are so many bytes of waste, nor before so many were written since the last time; 8 MiB when absent. */
  minWasteBytes?: number | undefined;
}

/** How the last compaction went that a store began by itself. */
export type LastCompaction = { result: CompactionInPlaceResult } | { error: unknown };

const MIN_WASTE_RATIO = 0.5;
const MIN_WASTE_BYTES = 8 * 1024 * 1024;
/** So much of the store can be put behind a run before the next one begins. */
const FREED_SHARE = 0.1;

const finished = channel("datawal:compaction");

/** Has a store compacted in place when that is worth it. Looked at behind each rotation, so that a put costs nothing. */
export class AutoCompaction {
  last: LastCompaction | undefined;
  readonly #minWasteRatio: number;
  readonly #minWasteBytes: number;
  /** The active segment when it was looked at. */
  #segment = -1;
  #running: PacedSteps<CompactionInPlaceResult> | undefined;
  /** What the store is to have grown to before the next time: a run that moves more than it frees must not follow itself. */
  #bytesNext = 0;

  /** @throws TypeError, RangeError ERR_DATAWAL_BAD_OPTION */
  constructor(options: true | AutoCompactOptions) {
    if (options !== true && (typeof options !== "object" || options === null))
      throw badOption("autoCompact", "true, or an object", options, TypeError);
    const own = ownOptions(options === true ? {} : options);
    const { minWasteRatio = MIN_WASTE_RATIO, minWasteBytes = MIN_WASTE_BYTES } = own;
    if (!(typeof minWasteRatio === "number" && minWasteRatio >= 0.1 && minWasteRatio <= 1))
      throw badOption("minWasteRatio", "a share, 0.1 to 1", minWasteRatio, RangeError);
    if (!(typeof minWasteBytes === "number" && minWasteBytes >= 0))
      throw badOption("minWasteBytes", "bytes", minWasteBytes, RangeError);
    this.#minWasteRatio = minWasteRatio;
    this.#minWasteBytes = minWasteBytes;
  }

  /**
   * To be called behind appends.
   *
   * @param begin Begins a compaction beside; `undefined` where somebody else's is under way.
   */
  consider(
    directory: string,
    activeSegment: () => number,
    space: Space,
    begin: (
      minWasteRatio: number,
      isEnough: () => boolean,
      onOver: (outcome: LastCompaction) => void,
    ) => PacedSteps<CompactionInPlaceResult> | undefined,
  ): void {
    this.#running?.push();
    if (activeSegment() === this.#segment || this.#running) return;
    this.#segment = activeSegment();
    const { totalBytes, wasteBytes } = space;
    if (wasteBytes < Math.max(this.#minWasteBytes, this.#minWasteRatio * totalBytes)) return;
    if (totalBytes < this.#bytesNext) return;
    this.#running = begin(
      this.#minWasteRatio,
      () => this.#isEnough(space),
      (outcome) => {
        this.#running = undefined;
        // The rotations of the run itself are none to look at.
        this.#segment = activeSegment();
        this.last = outcome;
        if ("result" in outcome)
          this.#bytesNext =
            outcome.result.bytesAfter + Math.max(outcome.result.bytesMoved, this.#minWasteBytes);
        finished.publish({ directory, ...outcome });
      },
    );
  }

  /** Whether the next time is far enough: whoever frees all at once moves what would have become waste by itself. */
  #isEnough({ totalBytes, wasteBytes }: Space): boolean {
    const untilNextBytes = 2 * (this.#minWasteRatio * totalBytes - wasteBytes);
    return untilNextBytes >= Math.max(this.#minWasteBytes, FREED_SHARE * totalBytes);
  }
}
