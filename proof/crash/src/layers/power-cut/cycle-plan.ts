import type { Moment } from "./disk/powered-disk.js";
import type { SeededRandom } from "./machine/seeded-random.js";
import type { WriterOrder } from "./writer/order.js";
import type { Contents, Sizes } from "./writer/record-stream.js";

/** What follows from the seed for one cycle: what is written, and when the power goes. */
export interface CyclePlan {
  writing: Pick<
    WriterOrder,
    "segmentBytesMax" | "seed" | "appendsPerSyncMax" | "unsyncedOf16" | "restsAfter"
  > & {
    sizes: Sizes;
  };
  moment: Moment;
  /** Of the newest segment's unsynced bytes, if some are written back before the cut. */
  writtenShare: number;
  /** Of the sectors in a disk's cache, those that survive. */
  keptShare: number;
  /** Whether a torn tail is left to the next writer, whose power goes while it opens the store. */
  leavesRepair: boolean;
}

export function drawContents(random: SeededRandom): Contents {
  return random.pick(["raw", "pairs", "compacted"]);
}

/**
 * @param contents Where the store is compacted, the cut comes there every second time.
 * @param sizes Of the payloads; one is drawn.
 * @param isRepair Whether the cut is to come while the writer opens a torn store, or shortly after.
 */
export function drawCycle(
  random: SeededRandom,
  { contents, sizes, isRepair }: { contents: Contents; sizes: readonly Sizes[]; isRepair: boolean },
): CyclePlan {
  const rests = !isRepair && !random.oneIn(3);
  return {
    writing: {
      sizes: random.pick(sizes),
      seed: random.below(2 ** 31),
      // A rotation would sync what is to stay unsynced.
      segmentBytesMax: random.pick(rests ? [300_000, 64 * MIB] : [20_000, 70_000, 300_000, 64 * MIB]),
      appendsPerSyncMax: random.pick([3, 8, 20]),
      unsyncedOf16: random.pick([3, 14]),
      restsAfter: rests ? 3 + random.below(20) : undefined,
    },
    moment:
      contents === "compacted" && !isRepair && random.oneIn(2)
        ? { statement: "compacting", count: 1 + random.below(3), delayUs: random.below(5_000) }
        : drawMoment(random, isRepair, rests),
    writtenShare: random.below(100) / 100,
    keptShare: random.pick([0, 0.3, 0.7, 0.95]),
    leavesRepair: random.oneIn(2),
  };
}

/** A writer says that it opens, that the store is open, and then what is durable. */
function drawMoment(random: SeededRandom, isRepair: boolean, rests: boolean): Moment {
  if (isRepair) return { statement: "opening", count: 1, delayUs: random.below(12_000) };
  if (rests) return { statement: "resting", count: 1, delayUs: random.below(4_000) };
  return { statement: "durable", count: 1 + random.below(10), delayUs: random.below(4_000) };
}

const MIB = 1024 * 1024;
