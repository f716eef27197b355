import type { FileStat, OpenFile } from "@datawal/safeatomic";
import { errnoOf, type Identified, isSameFile, type Steps } from "@datawal/safeatomic/internal";
import { isRecordLogError, RecordLogError } from "../record-log-error.js";
import { listStore, type StoreListing } from "./listing.js";
import { type RemovedSegments, readRemovedSegments } from "./removed-segments.js";
import type { Store } from "./store.js";
import { findStoreDirectory } from "./store-directory.js";

/** How often all is read anew since the head was dropped meanwhile: a writer that always does would keep its readers for ever. */
const LOOKS_BACK_MAX = 4;
/** How often the head may overtake a reading: one that is begun so often again does not come to its end. */
const OVERTAKEN_MAX = 100;

/** A listing of one moment. */
export interface PinnedListing extends StoreListing {
  /** What the marker named then. */
  removed: RemovedSegments;
}

/**
 * A store's directory as those see it who hold no lock: the one that was there at first, whatever its path leads to
 * later (disk-rules R18). Everything goes by path, so who has listed and opened asks {@link requireSame} last.
 */
export class PinnedStore {
  readonly #store: Store;
  readonly #pinned: FileStat | undefined;

  constructor(store: Store) {
    this.#store = store;
    this.#pinned = store.fileSystem.stat(store.directory);
  }

  /** @throws RecordLogError ERR_DATAWAL_READER_STALE: the path shows another directory, or none */
  requireSame(): void {
    const { fileSystem, directory } = this.#store;
    const found = fileSystem.stat(directory);
    if (isSameFile(found, this.#pinned)) return;
    const message = `${directory}: expected the directory that was opened, found ${found ? "another one" : "none"}: the store was replaced; open it again`;
    throw new RecordLogError("ERR_DATAWAL_READER_STALE", message, { path: directory });
  }

  /**
   * Lists the store as it was at one moment. A listing of many names takes several system calls, between which a writer
   * may rotate or drop, and so shows a gap where there never was one. All that one listing shows was made before the
   * next one begins: of the second, what is not newer than the first is whole. Segments are dropped in ascending order:
   * where the one in front of a gap is gone, the gap is no gap but the head. A listing that shows none may have missed the
   * one that was made while the others were dropped: it counts once two of them do.
   *
   * A compaction moves what is live to the end before it removes a segment from anywhere, and names it before: where the
   * marker is the same in front of the listings and behind them, at most one was removed meanwhile, and all that was moved
   * out of it lies in segments that both listings show.
   *
   * @param known An id that is known to have existed: as good as a first listing.
   * @throws RecordLogError ERR_DATAWAL_READER_STALE, ERR_DATAWAL_SEGMENT_NOT_A_FILE, ERR_DATAWAL_SWAP_UNFINISHED
   */
  list(known = -1): PinnedListing {
    for (let look = 1; ; look++) {
      const removed = readRemovedSegments(this.#store);
      const listing = this.#listWhole(known, removed);
      if (`${readRemovedSegments(this.#store)}` === `${removed}`) return { ...listing, removed };
      if (look > OVERTAKEN_MAX)
        throw segmentStale(this.#store.directory, "compactions, one behind the other");
    }
  }

  #listWhole(known: number, removed: RemovedSegments): StoreListing {
    let listing = this.#list();
    let newest = -1;
    let wasEmpty = false;
    for (;;) {
      const [first, last] = [listing.segments[0] ?? -1, listing.segments.at(-1) ?? -1];
      // Where all that one listing named was dropped before the next, that one is the first again.
      if (first < 0 ? wasEmpty : first <= newest || last <= known) break;
      wasEmpty = first < 0;
      newest = Math.max(newest, last);
      listing = this.#list();
    }
    const segments = listing.segments.filter((id) => id <= Math.max(newest, known));
    // An empty directory may be what a writer has made in the place of a store that a swap had moved away.
    if (segments.length === 0) findStoreDirectory(this.#store.fileSystem, this.#store.directory);
    this.requireSame();
    const isHead = (id: number, index: number) => {
      const before = segments[index - 1] ?? id;
      const isHole = removed.unnamed(before + 1, id - 1).length > 0;
      return isHole && removed.unnamed(before, before).length > 0 && !this.#exists(before);
    };
    const head = segments.findLastIndex(isHead);
    return { ...listing, segments: segments.slice(Math.max(0, head)) };
  }

  /**
   * Reads segments in order, one by one. Where one has been dropped meanwhile, all those before it have been, too: it is
   * begun again behind them. Where a compaction has removed one that was not yet read, what is left of the others is gone
   * on with as `beginAgain` says; one that was read was part of the log when the last one was. Whoever reads asks
   * {@link requireSame} at the very end.
   *
   * @param first Index in the listing.
   * @param beginAgain Forgets what no longer holds; returns the index in the new listing to go on with. Its error is
   * ENOENT where nothing was read of the segment that is gone.
   * @returns The listing that was read to its end.
   * @throws what `read` throws; ERR_DATAWAL_READER_STALE where the directory is another one by then, or always overtaken
   */
  *readInOrder(
    listing: PinnedListing,
    first: number,
    read: (segment: number, isLast: boolean) => Steps<unknown>,
    beginAgain: (listing: PinnedListing, error: unknown) => number,
  ): Steps<PinnedListing> {
    let current = listing;
    let looksLeft = LOOKS_BACK_MAX;
    let overtakenCount = 0;
    for (let index = first; index <= current.segments.length; index++) {
      const isRead = index === current.segments.length;
      // Dropped in ascending order: if the first is still there after the last was read, all were there together.
      const segment = current.segments[isRead ? 0 : index];
      if (segment === undefined || (isRead && this.#exists(segment))) break;
      try {
        if (isRead) throw segmentStale(this.#store.path(segment), "none");
        yield* read(segment, segment === current.segments.at(-1));
      } catch (error) {
        if (errnoOf(error) === undefined && !isRecordLogError(error)) throw error;
        this.requireSame();
        if (this.#exists(segment)) throw error;
        const found = this.list();
        const isNamed = found.removed.unnamed(segment, segment).length === 0;
        if (isRead && isNamed) break;
        current = found;
        if (!(isNamed || current.segments[0]! > segment)) throw error;
        if (++overtakenCount > OVERTAKEN_MAX || (isRead && looksLeft-- === 0))
          throw segmentStale(this.#store.path(segment), "none, as so often before", error);
        index = beginAgain(current, error) - 1;
      }
    }
    return current;
  }

  /**
   * Opens a segment for reading if it is the file that was read before.
   *
   * @throws RecordLogError ERR_DATAWAL_READER_STALE
   */
  open(segment: number, known: Identified): OpenFile {
    const path = this.#store.path(segment);
    let file: OpenFile;
    try {
      file = this.#store.fileSystem.open(path, "read");
    } catch (error) {
      throw errnoOf(error) === "ENOENT" ? segmentStale(path, "none", error) : error;
    }
    let isSame = false;
    try {
      isSame = isSameFile(file.stat(), known);
    } finally {
      if (!isSame) file.close();
    }
    if (!isSame) throw segmentStale(path, "another one");
    return file;
  }

  #list(): StoreListing {
    try {
      return listStore(this.#store.fileSystem, this.#store.directory);
    } catch (error) {
      this.requireSame();
      throw error;
    }
  }

  #exists(segment: number): boolean {
    return this.#store.fileSystem.stat(this.#store.path(segment)) !== undefined;
  }
}

/** @param found What is there instead of what was read. */
export function segmentStale(path: string, found: string, cause?: unknown): RecordLogError {
  const message = `${path}: expected the segment as it was read, found ${found}: it was repaired, replaced or dropped, or the store was replaced; refresh the reader, or open it again`;
  return new RecordLogError("ERR_DATAWAL_READER_STALE", message, { path }, cause);
}
