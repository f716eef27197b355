import type { Crc32c } from "@datawal/format";
import type { Steps } from "@datawal/safeatomic/internal";
import type { FileRange } from "../store/file-range.js";
import {
  type DamagedFrame,
  describeDamagedFrame,
  isNextTxid,
  liesInside,
  provenEnd,
} from "./damaged-frame.js";
import { type FoundFrame, SearchBudgetExhausted, SearchRegion } from "./search-region.js";

export interface BeyondResult {
  frames: number;
  /** Where the search gave up, if it did: forged headers would have made it cost more than its budget. */
  exhaustedAt: number | undefined;
  /** Bytes that are part of no frame that counts. */
  lost: LostRange[];
}

export interface LostRange {
  offset: number;
  bytes: number;
}

/**
 * Searches a range of a file for valid frames, in physical order, where a frame should start at its beginning and
 * does not (disk-rules R6).
 *
 * A frame counts if its CRC is good, its txid exceeds `afterTxid`, and it is not nested in the key or payload of a
 * damaged one: a payload may hold a copy of a log. What stays undecided does not count.
 *
 * @param onFrame Called for each frame that counts.
 */
export function* searchBeyond(
  range: FileRange,
  afterTxid: bigint,
  crc: Crc32c,
  onFrame?: (frame: FoundFrame) => Steps<void>,
): Steps<BeyondResult> {
  const search = new Search(new SearchRegion(range, crc), afterTxid);
  const end = range.offset + range.byteCount;
  const result: BeyondResult = { frames: 0, exhaustedAt: undefined, lost: [] };
  let at = range.offset;
  try {
    while (at < end) {
      const frame = yield* search.next(at);
      const lostEnd = frame?.offset ?? end;
      if (lostEnd > at) result.lost.push({ offset: at, bytes: lostEnd - at });
      if (!frame) break;
      if (onFrame) yield* onFrame(frame);
      result.frames++;
      at = frame.offset + frame.len;
    }
  } catch (error) {
    if (!(error instanceof SearchBudgetExhausted)) throw error;
    result.exhaustedAt = at;
    result.lost.push({ offset: at, bytes: end - at });
  }
  return result;
}

class Search {
  readonly #region: SearchRegion;
  readonly #afterTxid: bigint;
  /** Of the last frame that counted. */
  #lastTxid: bigint;

  constructor(region: SearchRegion, afterTxid: bigint) {
    this.#region = region;
    this.#afterTxid = afterTxid;
    this.#lastTxid = afterTxid;
  }

  /** The first frame that counts, at or behind a place where a frame should start. */
  *next(from: number): Steps<FoundFrame | undefined> {
    let firstDamage = from;
    for (let at = from; at < this.#region.end; ) {
      const found = (yield* this.#region.frameAt(at)) ?? (yield* this.#pastDamage(at, firstDamage));
      if (typeof found === "number") at = found;
      else if (found.txid > this.#afterTxid) {
        this.#lastTxid = found.txid;
        return found;
      } else at = firstDamage = found.offset + found.len;
    }
    return undefined;
  }

  /**
   * The first valid frame that is no part of the damaged one here, or where to look on.
   *
   * @param firstDamage Where the damage begins: of the places where no frame stands, the one where one surely stood.
   */
  *#pastDamage(at: number, firstDamage: number): Steps<FoundFrame | number> {
    const damaged = yield* describeDamagedFrame(this.#region, at);
    const end = Math.min(damaged.end ?? this.#region.end, this.#region.end);
    const frame = yield* this.#region.nextFrame(at + 1, end);
    if (!frame) return end;
    const proven = yield* provenEnd(this.#region, firstDamage, frame);
    if (proven >= frame.offset) return proven;
    return (yield* this.#isNested(frame, damaged)) ? end : frame;
  }

  /**
   * Whether a valid frame must be taken for a part of a damaged one that it lies inside of. It need not if the txids
   * go on and the damaged one was cut short, or lies about its length: then the frames run across its end, or that end
   * is not confirmed. A frame that begins exactly where a payload begins that is cut short by the end of the region
   * stays undecided, and is taken for nested.
   */
  *#isNested(frame: FoundFrame, damaged: DamagedFrame): Steps<boolean> {
    if (!liesInside(frame, damaged)) return false;
    if (!this.#goesOn(frame, damaged)) return true;
    if (damaged.isFollowed) return !(yield* this.#runsAcross(frame, damaged));
    return frame.offset === damaged.payloadStart && damaged.end! > this.#region.end;
  }

  /**
   * Whether a frame has a txid that may follow a damaged one: the next to that one; or, since the reference appends
   * behind a frame that was cut short, that one's own again, or that of the first such frame in each session.
   */
  #goesOn({ txid }: FoundFrame, damaged: DamagedFrame): boolean {
    return [damaged.txid, this.#lastTxid, this.#afterTxid].some((before) => isNextTxid(txid, before));
  }

  /** Whether frames follow one another from this one on across the end of the damaged one, which no part of it does. */
  *#runsAcross(first: FoundFrame, damaged: DamagedFrame): Steps<boolean> {
    let frame: FoundFrame | undefined = first;
    while (frame && liesInside(frame, damaged)) frame = yield* this.#region.frameAt(frame.offset + frame.len);
    return frame !== undefined && frame.offset < damaged.end!;
  }
}
