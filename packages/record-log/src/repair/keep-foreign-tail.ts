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
import { findForeign, type JournaledTail, visitForeign, withJournaledTail } from "./foreign-frames.js";
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
  try {
    const isToExtend = yield* withJournaledTail(store, segment, trailer, (tail) =>
      keepRest(store, segment, listing, tail),
    );
    if (!isToExtend) return;
    yield* extendJournal(store, trailer, (append) =>
      withJournaledTail(store, segment, trailer, function* (tail) {
        const foreign = yield* findForeign(tail, store.crc);
        yield* visitForeign(foreign!, store.crc, append);
      }),
    );
  } catch (error) {
    throw noSpaceError(error, path, size - trailer.offset + trailer.byteCount);
  }
}

/** Quarantines what does not follow the log; returns whether frames that do are missing in the journal. */
function* keepRest(
  store: Store,
  segment: number,
  listing: StoreListing,
  tail: JournaledTail,
): Steps<boolean> {
  const foreign = yield* findForeign(tail, store.crc);
  if (!foreign) return false;
  const before = yield* logBefore(store, listing.segments, segment, foreign.offset);
  const isNext = foreign.firstTxid === before.nextTxid;
  const { offset, byteCount } = tail.segment;
  const start = isNext ? foreign.end : foreign.offset;
  const rest = { ...tail.segment, offset: start, byteCount: offset + byteCount - start };
  // These bytes may be cut: they are the repair's own, or hold no frame at all, and then nothing was acknowledged.
  const isWorthless =
    (yield* isLeftover(store, segment, tail, rest, listing.quarantines)) ||
    (!isNext && !(yield* holdsFrame(rest, store.crc)));
  if (!isWorthless) {
    // Foreign frames are about to move behind the journal's: what stands behind them has no place of its own any more.
    const mark = start === foreign.offset ? before.last : undefined;
    const damage = { segment, path: rest.path, offset: start, bytes: rest.byteCount };
    const { paths } = yield* quarantineTail(store, damage, mark);
    const names = new Set([...listing.quarantines, ...paths.map((each) => basename(each))]);
    listing.quarantines = [...names].sort();
  }
  return isNext && (yield* visitForeign(foreign, store.crc)) > 0;
}

/** The end of the log, as a program has seen it that appended something. */
interface LogEnd {
  nextTxid: bigint;
  /** `undefined` where it was empty. */
  last: FrameMark | undefined;
}

/**
 * The log before a place of a segment. A program that takes it to end there gives one txid more than the largest: a
 * frame with another one is none that was appended here.
 */
function* logBefore(store: Store, segments: readonly number[], active: number, end: number): Steps<LogEnd> {
  const before = new TxidOrder();
  let last: FrameMark | undefined;
  const inspection = new Inspection(store, (cursor, segment, offset) => {
    if (segment === active && offset >= end) return;
    before.push(cursor.txidLow, cursor.txidHigh);
    last = { segment, offset, txid: cursor.txid, crc: cursor.storedCrc };
  });
  for (const id of segments) if (id <= active) yield* inspection.read(id, false);
  return { nextTxid: before.max + 1n, last };
}

/** Whether a valid frame begins anywhere in a range, nested in another or not; true also where that is too dear to tell. */
function* holdsFrame(range: FileRange, crc: Crc32c): Steps<boolean> {
  const region = new SearchRegion(range, crc);
  try {
    return (yield* region.nextFrame(range.offset, region.end)) !== undefined;
  } catch (error) {
    if (!(error instanceof SearchBudgetExhausted)) throw error;
    return true;
  }
}
