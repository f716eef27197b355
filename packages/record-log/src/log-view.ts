import type { Crc32c, FrameCursor } from "@datawal/format";
import { errnoOf, type FileStat, type FileSystem, isSameFile, type Steps } from "@datawal/safeatomic";
import { isRecordLogError, RecordLogError } from "./record-log-error.js";
import { type FrameVisitor, Inspection, type SegmentFindings } from "./recovery/inspection.js";
import { damageError } from "./recovery/refusal.js";
import { listingWarnings, type RecoveryReport } from "./recovery/report.js";
import { readLastSegment, settleTail } from "./recovery/tail-in-flight.js";
import { reportTail } from "./recovery/tail-repair.js";
import type { SegmentHandles } from "./segment-handles.js";
import { listStore, type StoreListing, segmentPath } from "./segment-list.js";

/** How often a listing is made anew because a segment it named was gone when it was to be read. */
const LISTING_ATTEMPTS = 5;

/**
 * What a reader knows of a log that another process may be writing: for each segment, up to where it is valid.
 *
 * It lists first, then reads every segment but the last strictly and the last tolerantly (disk-rules R11). It writes
 * nothing and takes no lock.
 */
export class LogView {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #crc: Crc32c;
  readonly #visit: FrameVisitor | undefined;
  readonly #onReset: () => void;
  readonly #handles: SegmentHandles;
  readonly #directoryStat: FileStat | undefined;
  #inspection: Inspection;
  /** CRC of the last frame visited. */
  #lastCrc = 0;
  /** Whether the last refresh came to its end: otherwise what was visited may differ from what is noted as read. */
  #isWhole = false;
  /** What the last refresh that came to its end saw: ids in ascending order, and where each valid prefix ends. */
  #seen: ReadonlyMap<number, number> = new Map();
  #report: RecoveryReport | undefined;

  /**
   * @param visit Called for each valid frame, once.
   * @param onReset Called when what was visited no longer holds, before everything is visited again.
   */
  constructor(
    store: { fileSystem: FileSystem; directory: string; crc: Crc32c },
    handles: SegmentHandles,
    visit: FrameVisitor | undefined,
    onReset: () => void,
  ) {
    this.#fileSystem = store.fileSystem;
    this.#directory = store.directory;
    this.#crc = store.crc;
    this.#handles = handles;
    this.#visit = visit;
    this.#onReset = onReset;
    this.#directoryStat = this.#fileSystem.stat(this.#directory);
    this.#inspection = this.#newInspection();
  }

  /** Ids in ascending order. */
  get segments(): number[] {
    return [...this.#seen.keys()];
  }

  /** Bytes of a segment's valid prefix; 0 where it is not in the log. */
  validEnd(segment: number): number {
    return this.#seen.get(segment) ?? 0;
  }

  get report(): RecoveryReport {
    return this.#report!;
  }

  /** Brings the view up to date: the first call reads everything, later ones what is new. What fails changes nothing. */
  *refresh(): Steps<void> {
    if (!isSameFile(this.#fileSystem.stat(this.#directory), this.#directoryStat)) throw this.#stale();
    for (let attempt = 1; ; attempt++) {
      const listing = listStore(this.#fileSystem, this.#directory);
      try {
        if (!this.#isWhole || !this.#stillHolds(listing)) this.#reset();
        this.#isWhole = false;
        yield* this.#readNew(listing);
        this.#report = yield* this.#makeReport(listing);
        this.#seen = new Map(this.#inspection.segments.map(({ segment, validEnd }) => [segment, validEnd]));
        this.#isWhole = true;
        return;
      } catch (error) {
        if (errnoOf(error) !== "ENOENT" || attempt === LISTING_ATTEMPTS) throw error;
      }
    }
  }

  *#readNew(listing: StoreListing): Steps<void> {
    const known = this.#inspection.segments;
    const last = listing.segments.at(-1);
    const lastKnown = known.at(-1);
    if (lastKnown) {
      yield* this.#inspection.readOn(lastKnown);
      if (lastKnown.segment === last) yield* settleTail(this.#inspection, lastKnown);
      requireSound(lastKnown, lastKnown.segment === last);
    }
    this.#inspection.expect(listing.segments.slice(known.length));
    for (const segment of listing.segments.slice(known.length)) {
      const isLast = segment === last;
      const findings = yield* isLast
        ? readLastSegment(this.#inspection, segment)
        : this.#inspection.read(segment);
      requireSound(findings, isLast);
    }
  }

  /** Whether all that was read is still there under its name, and the last frame read still stands. */
  #stillHolds(listing: StoreListing): boolean {
    const known = this.#inspection.segments;
    return (
      known.every((findings, index) => {
        const { segment, validEnd } = findings;
        const stat =
          listing.segments[index] === segment
            ? this.#fileSystem.stat(segmentPath(this.#directory, segment))
            : undefined;
        return stat !== undefined && isSameFile(stat, findings) && stat.size >= validEnd;
      }) && this.#lastFrameStands()
    );
  }

  #lastFrameStands(): boolean {
    const last = this.#inspection.segments.at(-1);
    if (last?.lastFrameOffset === undefined) return true;
    const { segment, lastFrameOffset: offset, validEnd } = last;
    try {
      return this.#handles.load({ segment, offset, len: validEnd - offset }).storedCrc === this.#lastCrc;
    } catch (error) {
      if (isRecordLogError(error, "ERR_DATAWAL_RECORD_UNREADABLE")) return false;
      throw error;
    }
  }

  #reset(): void {
    if (this.#inspection.records > 0) this.#onReset();
    this.#inspection = this.#newInspection();
    this.#handles.close();
  }

  #newInspection(): Inspection {
    const visit = (cursor: FrameCursor, segment: number, offset: number) => {
      this.#lastCrc = cursor.storedCrc;
      this.#visit?.(cursor, segment, offset);
    };
    return new Inspection(this.#fileSystem, this.#directory, this.#crc, visit);
  }

  *#makeReport(listing: StoreListing): Steps<RecoveryReport> {
    const damage = this.#inspection.segments.at(-1)?.damage;
    const warnings = [...this.#inspection.gapWarnings(), ...listingWarnings(this.#directory, listing)];
    return yield* reportTail(this.#fileSystem, this.#inspection, damage, this.#crc, warnings);
  }

  #stale(): RecordLogError {
    const message = `${this.#directory}: expected the directory that was opened, found ${this.#fileSystem.stat(this.#directory) ? "another one" : "none"}: the store was replaced; open it again`;
    return new RecordLogError("ERR_DATAWAL_READER_STALE", message, { path: this.#directory });
  }
}

function requireSound({ damage }: SegmentFindings, isLast: boolean): void {
  if (damage && !(isLast && damage.verdict === "damaged-tail")) throw damageError(damage, !isLast);
}
