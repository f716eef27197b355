import { basename } from "node:path";
import type { Crc32c } from "@datawal/format";
import type { Steps } from "@datawal/safeatomic/internal";
import type { FrameMark } from "../inspect/frame-mark.js";
import { Inspection } from "../inspect/inspection.js";
import { noSpaceError } from "../inspect/refusal.js";
import { SearchBudgetExhausted, SearchRegion } from "../inspect/search-region.js";
import { TxidOrder } from "../inspect/txid-order.js";
import type { FileRange } from "../store/file-range.js";
import type { StoreListing } from "../store/listing.js";
import type { Store } from "../store/store.js";
import { ForeignFrames, type JournaledTail, withJournaledTail } from "./foreign-frames.js";
import { isLeftover } from "./leftover.js";
import { quarantineTail } from "./quarantine.js";
import { extendJournal, readJournal } from "./tail-journal.js";

/**
 * Keeps what another program has put behind a segment's proven size since a repair was interrupted, before the journal
 * of that repair is applied and cuts it (docs/decisions/0008): frames that go on where the log ends become the end of
 * the journal, everything else goes to a quarantine file. All of it is durable when this returns, and the segment is
 * as it was; interrupted anywhere, it is done again by the next open.
 *
 * @param listing Gets the name of a new quarantine file.
 * @throws RecordLogError ERR_DATAWAL_NO_SPACE, ERR_DATAWAL_TAIL_TOO_LARGE, ERR_DATAWAL_JOURNAL_DAMAGED
 */
export function* keepForeignTail(store: Store, segment: number, listing: StoreListing): Steps<void> {
  const path = store.path(segment);
  const trailer = yield* readJournal(store, segment);
  const size = store.fileSystem.stat(path)?.size ?? 0;
  if (size <= trailer.offset) return;
  const keeper = new Keeper(store, segment, listing);
  try {
    const isToExtend = yield* withJournaledTail(store, segment, trailer, (tail) => keeper.keep(tail));
    if (!isToExtend) return;
    yield* extendJournal(store, trailer, (append) =>
      withJournaledTail(store, segment, trailer, (tail) => keeper.copyForeign(tail, append)),
    );
  } catch (error) {
    throw noSpaceError(error, path, size - trailer.offset + trailer.byteCount);
  }
}

/** The end of the log, as a program has seen it that appended something. */
interface LogEnd {
  nextTxid: bigint;
  /** `undefined` where it was empty. */
  last: FrameMark | undefined;
}

class Keeper {
  readonly #store: Store;
  readonly #segment: number;
  readonly #listing: StoreListing;

  constructor(store: Store, segment: number, listing: StoreListing) {
    this.#store = store;
    this.#segment = segment;
    this.#listing = listing;
  }

  /** Quarantines what does not follow the log; returns whether frames that do are missing in the journal. */
  *keep(tail: JournaledTail): Steps<boolean> {
    const foreign = yield* ForeignFrames.find(tail, this.#store.crc);
    if (!foreign) return false;
    const { firstTxid } = foreign;
    const before = yield* this.#logBefore(foreign.offset);
    const isNext = firstTxid === before.nextTxid;
    const offset = isNext ? foreign.end : foreign.offset;
    const rest = { ...tail.segment, offset, byteCount: foreign.segmentEnd - offset };
    // Foreign frames are about to move behind the journal's: what stands behind them has no place of its own any more.
    const mark = offset === foreign.offset ? before.last : undefined;
    if (!(yield* this.#isWorthless(tail, rest, isNext))) yield* this.#quarantine(rest, mark);
    return isNext && (yield* foreign.visit()) > 0;
  }

  *copyForeign(tail: JournaledTail, append: (bytes: Uint8Array) => void): Steps<void> {
    const foreign = yield* ForeignFrames.find(tail, this.#store.crc);
    yield* foreign!.visit(append);
  }

  /**
   * Whether bytes may be cut: they are the repair's own, or hold no frame at all, and then nothing was acknowledged.
   *
   * @param isForeign Whether they stand behind frames that another program has appended.
   */
  *#isWorthless(tail: JournaledTail, rest: FileRange, isForeign: boolean): Steps<boolean> {
    const { quarantines } = this.#listing;
    if (yield* isLeftover(this.#store, this.#segment, tail, rest, quarantines)) return true;
    return !isForeign && !(yield* holdsFrame(rest, this.#store.crc));
  }

  *#quarantine(rest: FileRange, before: FrameMark | undefined): Steps<void> {
    const { quarantines } = this.#listing;
    const { path, offset, byteCount: bytes } = rest;
    const kept = yield* quarantineTail(this.#store, { segment: this.#segment, path, offset, bytes }, before);
    const names = new Set([...quarantines, ...kept.paths.map((each) => basename(each))]);
    quarantines.splice(0, quarantines.length, ...[...names].sort());
  }

  /**
   * The log before a place of this segment. A program that takes it to end there gives one txid more than the largest:
   * a frame with another one is none that was appended here.
   */
  *#logBefore(end: number): Steps<LogEnd> {
    const before = new TxidOrder();
    let last: FrameMark | undefined;
    const inspection = new Inspection(this.#store, (cursor, segment, offset) => {
      if (segment === this.#segment && offset >= end) return;
      before.push(cursor.txidLow, cursor.txidHigh);
      last = { segment, offset, txid: cursor.txid, crc: cursor.storedCrc };
    });
    for (const id of this.#listing.segments) if (id <= this.#segment) yield* inspection.read(id);
    return { nextTxid: before.max + 1n, last };
  }
}

/** What looking for a single frame may cost, as a multiple of what is searched (disk-rules R6). */
const BUDGET_FACTOR = 4;

/** Whether a valid frame begins anywhere in a range, nested in another or not; true also where that is too dear to tell. */
function* holdsFrame(range: FileRange, crc: Crc32c): Steps<boolean> {
  const region = new SearchRegion(range, crc, BUDGET_FACTOR * range.byteCount);
  try {
    let at = yield* region.nextHeader(range.offset, region.end);
    while (at !== undefined && !(yield* region.frameAt(at)))
      at = yield* region.nextHeader(at + 1, region.end);
    return at !== undefined;
  } catch (error) {
    if (!(error instanceof SearchBudgetExhausted)) throw error;
    return true;
  }
}
