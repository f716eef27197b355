import { basename, join } from "node:path";
import type { Crc32c } from "@datawal/format";
import type { FileSystem, Steps } from "@datawal/safeatomic";
import type { FileRange } from "../file-range.js";
import { type StoreListing, segmentPath } from "../segment-list.js";
import { journalName } from "../store-names.js";
import { ForeignFrames, type JournaledTail, withJournaledTail } from "./foreign-frames.js";
import { Inspection } from "./inspection.js";
import { isLeftover } from "./leftover.js";
import { quarantineTail } from "./quarantine.js";
import { noSpaceError } from "./refusal.js";
import { SearchBudgetExhausted, SearchRegion } from "./search-region.js";
import { extendJournal, readJournal } from "./tail-journal.js";
import { TxidOrder } from "./txid-order.js";

/**
 * Keeps what another program has put behind a segment's proven size since a repair was interrupted, before the journal
 * of that repair is applied and cuts it (docs/decisions/0008): frames that go on where the log ends become the end of
 * the journal, everything else goes to a quarantine file. All of it is durable when this returns, and the segment is
 * as it was; interrupted anywhere, it is done again by the next open.
 *
 * @param listing Gets the name of a new quarantine file.
 * @throws RecordLogError ERR_DATAWAL_NO_SPACE, ERR_DATAWAL_JOURNAL_DAMAGED
 */
export function* keepForeignTail(
  fileSystem: FileSystem,
  directory: string,
  segment: number,
  listing: StoreListing,
  crc: Crc32c,
): Steps<void> {
  const paths = {
    segment: segmentPath(directory, segment),
    journal: join(directory, journalName(segment)),
  };
  const trailer = yield* readJournal(fileSystem, paths.journal, segment, crc);
  const size = fileSystem.stat(paths.segment)?.size ?? 0;
  if (size <= trailer.offset) return;
  const keeper = new Keeper(fileSystem, directory, segment, listing, crc);
  try {
    const isToExtend = yield* withJournaledTail(fileSystem, paths, trailer, (tail) => keeper.keep(tail));
    if (!isToExtend) return;
    yield* extendJournal(fileSystem, directory, trailer, crc, (append) =>
      withJournaledTail(fileSystem, paths, trailer, (tail) => keeper.copyForeign(tail, append)),
    );
  } catch (error) {
    throw noSpaceError(error, paths.segment, size - trailer.offset + trailer.byteCount);
  }
}

class Keeper {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #segment: number;
  readonly #listing: StoreListing;
  readonly #crc: Crc32c;

  constructor(
    fileSystem: FileSystem,
    directory: string,
    segment: number,
    listing: StoreListing,
    crc: Crc32c,
  ) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#segment = segment;
    this.#listing = listing;
    this.#crc = crc;
  }

  /** Quarantines what does not follow the log; returns whether frames that do are missing in the journal. */
  *keep(tail: JournaledTail): Steps<boolean> {
    const foreign = yield* ForeignFrames.find(tail, this.#crc);
    if (!foreign) return false;
    const { firstTxid } = foreign;
    const isNext = firstTxid !== undefined && firstTxid === (yield* this.#nextTxid(foreign));
    const offset = isNext ? foreign.end : foreign.offset;
    const rest = { ...tail.segment, offset, byteCount: foreign.segmentEnd - offset };
    if (!(yield* this.#isWorthless(tail, rest, isNext))) yield* this.#quarantine(rest);
    return isNext && (yield* foreign.visit()) > 0;
  }

  *copyForeign(tail: JournaledTail, append: (bytes: Uint8Array) => void): Steps<void> {
    const foreign = yield* ForeignFrames.find(tail, this.#crc);
    yield* foreign!.visit(append);
  }

  /**
   * Whether bytes may be cut: they are the repair's own, or hold no frame at all, and then nothing was acknowledged.
   *
   * @param isForeign Whether they stand behind frames that another program has appended.
   */
  *#isWorthless(tail: JournaledTail, rest: FileRange, isForeign: boolean): Steps<boolean> {
    const { quarantines } = this.#listing;
    if (yield* isLeftover(this.#fileSystem, this.#directory, this.#segment, tail, rest, quarantines))
      return true;
    return !isForeign && !(yield* holdsFrame(rest, this.#crc));
  }

  *#quarantine(rest: FileRange): Steps<void> {
    const { quarantines } = this.#listing;
    const { path, offset, byteCount: bytes } = rest;
    const cut = { segment: this.#segment, path, offset, bytes };
    const kept = yield* quarantineTail(this.#fileSystem, this.#directory, cut);
    if (kept === undefined || quarantines.includes(basename(kept))) return;
    quarantines.push(basename(kept));
    quarantines.sort();
  }

  /**
   * The txid that a program gives which takes the log to end where the foreign frames begin: one more than the largest
   * before. A frame with another one is none that was appended here.
   */
  *#nextTxid({ offset: end }: ForeignFrames): Steps<bigint> {
    const before = new TxidOrder();
    const inspection = new Inspection(this.#fileSystem, this.#directory, this.#crc, (cursor, id, offset) => {
      if (id < this.#segment || offset < end) before.push(cursor.txidLow, cursor.txidHigh);
    });
    for (const id of this.#listing.segments) if (id <= this.#segment) yield* inspection.read(id);
    return before.max + 1n;
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
