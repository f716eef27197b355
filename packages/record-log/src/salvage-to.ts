import { join, resolve } from "node:path";
import type { Crc32c, FrameCursor } from "@datawal/format";
import {
  type FileSystem,
  fsyncFile,
  type OpenFile,
  runAsync,
  runSync,
  type Steps,
} from "@datawal/safeatomic";
import { copyRange, type FileRange, rangesEqual } from "./file-range.js";
import { checkReadOptions, type ReadOptions } from "./open-options.js";
import { publishDirectory } from "./publish-directory.js";
import { type FoundFrame, searchBeyond } from "./recovery/beyond.js";
import type { DamageReason } from "./recovery/classify.js";
import { type FrameVisitor, Inspection, type SegmentFindings } from "./recovery/inspection.js";
import { readJournal } from "./recovery/tail-journal.js";
import { listStore, type StoreListing } from "./segment-list.js";
import { findStoreDirectory } from "./store-directory.js";
import { journalName, parseStoreName, type StoreName, segmentName } from "./store-names.js";
import { storeOperation } from "./store-operation.js";

/** What {@link salvageTo} found, and what it had to leave. */
export interface SalvageResult {
  /** Frames saved: those of the valid prefixes, of what lies behind damage, and of quarantine files. */
  records: number;
  bytes: number;
  /** Ids of the segments written; the same as in the source. */
  segments: number[];
  /** Every stretch of bytes that belongs to no frame that was saved, in order. */
  lost: SalvageLoss[];
  /** Ids between two segments that do not exist: nobody knows what their records were. */
  missingSegments: number[];
  /** Whether the target was written: not on a dry run. */
  isPublished: boolean;
}

export interface SalvageLoss {
  /** The file the bytes are in. */
  path: string;
  segment: number;
  offset: number;
  bytes: number;
  /** What stands there; `quarantine`: bytes that a repair cut off, in a file of their own. */
  reason: DamageReason | "quarantine";
}

export interface SalvageOptions extends ReadOptions {
  /** Only look: write nothing. */
  dryRun?: boolean | undefined;
}

/**
 * Collects every valid frame that can be found of a damaged store, byte for byte, in physical order and under the same
 * segment numbers, past damage and out of quarantine files. A frame nested in another's payload is never taken for a
 * record; what stays undecided is left out and listed. The target appears whole and durable, or not at all; nothing is
 * written where nothing was found.
 *
 * @param dir The store's directory; only read.
 * @param target Must not exist, or be an empty directory; its parents are made.
 * @throws RecordLogError ERR_DATAWAL_TARGET_EXISTS, ERR_DATAWAL_STORE_NOT_FOUND, ERR_DATAWAL_STORE_NOT_A_DIRECTORY,
 * ERR_DATAWAL_SWAP_UNFINISHED, ERR_DATAWAL_SEGMENT_NOT_A_FILE, ERR_DATAWAL_STORE_IO
 */
export function salvageTo(dir: string, target: string, options?: SalvageOptions): Promise<SalvageResult> {
  return runAsync(salvageSteps(dir, target, options), options);
}

/** As {@link salvageTo}, on this thread. */
export function salvageToSync(dir: string, target: string, options?: SalvageOptions): SalvageResult {
  return runSync(salvageSteps(dir, target, options), options);
}

function* salvageSteps(dir: string, target: string, options: SalvageOptions = {}): Steps<SalvageResult> {
  const { fileSystem, crc, directory: path } = checkReadOptions(dir, options);
  return yield* storeOperation("salvage", path, function* () {
    const salvage = new Salvage(fileSystem, findStoreDirectory(fileSystem, path), crc);
    if (options.dryRun) yield* salvage.run(() => undefined);
    else yield* publishUnlessEmpty(fileSystem, resolve(target), salvage);
    return salvage.result;
  });
}

function* publishUnlessEmpty(fileSystem: FileSystem, target: string, salvage: Salvage): Steps<void> {
  try {
    yield* publishDirectory(fileSystem, target, function* (building) {
      yield* salvage.run((segment) => fileSystem.open(join(building, segmentName(segment)), "create"));
      if (salvage.result.records === 0) throw new NothingFound();
    });
    salvage.result.isPublished = true;
  } catch (error) {
    if (!(error instanceof NothingFound)) throw error;
  }
}

class NothingFound extends Error {}

/** A file beside a segment with bytes that once followed `offset` in it. */
interface Appendix {
  path: string;
  segment: number;
  offset: number;
  /** A journal repeats the rest of its segment; a quarantine file has what was cut off before more was appended. */
  isJournal: boolean;
  /** How many of the file's bytes are frames. */
  byteCount: number;
  /** The txid of the last record before `offset`: what counts in the file must exceed it. */
  afterTxid: bigint;
}

class Salvage {
  readonly result: SalvageResult = {
    records: 0,
    bytes: 0,
    segments: [],
    lost: [],
    missingSegments: [],
    isPublished: false,
  };
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #crc: Crc32c;
  readonly #inspection: Inspection;
  /** Of the segment at hand, in the order in which their bytes were written. */
  #appendices: Appendix[] = [];
  /** Where the valid prefix of the segment at hand ends, or its journal takes over. */
  #prefixEnd = 0;
  #target: OpenFile | undefined;

  constructor(fileSystem: FileSystem, directory: string, crc: Crc32c) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#crc = crc;
    const visit: FrameVisitor = (cursor, _segment, offset) => this.#count(cursor, offset);
    this.#inspection = new Inspection(fileSystem, directory, crc, visit);
  }

  /** @param openTarget Makes the file that a segment's frames go to; `undefined` on a dry run. */
  *run(openTarget: (segment: number) => OpenFile | undefined): Steps<void> {
    const listing = listStore(this.#fileSystem, this.#directory);
    this.#inspection.expect(listing.segments);
    for (const segment of listing.segments) {
      this.#appendices = yield* this.#appendicesOf(segment, listing);
      this.#target = openTarget(segment);
      try {
        yield* this.#segment(segment);
        if (this.#target) yield* fsyncFile(this.#target);
      } finally {
        this.#target?.close();
      }
      this.result.segments.push(segment);
    }
    for (const gap of this.#inspection.gapWarnings())
      if (gap.kind === "missing-segment") this.result.missingSegments.push(gap.segment);
  }

  *#appendicesOf(segment: number, listing: StoreListing): Steps<Appendix[]> {
    const appendices = listing.quarantines
      .map((name) => this.#quarantine(name))
      .filter((one) => one.segment === segment);
    appendices.sort((a, b) => a.offset - b.offset || a.path.localeCompare(b.path, "en", { numeric: true }));
    if (!listing.journals.includes(segment)) return appendices;
    const path = join(this.#directory, journalName(segment));
    const { offset, byteCount } = yield* readJournal(this.#fileSystem, path, segment, this.#crc);
    return [...appendices, { path, segment, offset, isJournal: true, byteCount, afterTxid: 0n }];
  }

  #quarantine(name: string): Appendix {
    const { segment, offset } = parseStoreName(name) as StoreName & { kind: "quarantine" };
    const path = join(this.#directory, name);
    const byteCount = this.#fileSystem.stat(path)?.size ?? 0;
    return { path, segment, offset, isJournal: false, byteCount, afterTxid: this.#inspection.txids.last };
  }

  *#segment(segment: number): Steps<void> {
    const journal = this.#appendices.find(({ isJournal }) => isJournal);
    this.#prefixEnd = journal?.offset ?? Number.POSITIVE_INFINITY;
    const findings = yield* this.#inspection.read(segment);
    this.#prefixEnd = Math.min(this.#prefixEnd, findings.validEnd);
    const file = this.#fileSystem.open(findings.path, "read");
    try {
      yield* this.#prefix(findings, file);
      const { damage } = findings;
      if (damage && !journal)
        yield* this.#search(file, damage, damage.offset, findings.size, this.#inspection.txids.last);
    } finally {
      file.close();
    }
  }

  /** Copies the valid prefix, with what was once cut off it put back where it was. */
  *#prefix({ path, damage }: SegmentFindings, file: OpenFile): Steps<void> {
    let at = 0;
    for (const appendix of this.#appendices) {
      const end = Math.max(at, Math.min(appendix.offset, this.#prefixEnd));
      yield* this.#copy({ file, path, offset: at, byteCount: end - at });
      at = end;
      yield* this.#appendix(
        appendix,
        damage && { file, path, offset: damage.offset, byteCount: damage.bytes },
      );
    }
    yield* this.#copy({ file, path, offset: at, byteCount: this.#prefixEnd - at });
  }

  /** @param tail The damaged end of the segment: a repair that was interrupted may have kept it, and not cut it yet. */
  *#appendix(appendix: Appendix, tail: FileRange | undefined): Steps<void> {
    const { path, byteCount, segment, afterTxid } = appendix;
    const file = this.#fileSystem.open(path, "read");
    try {
      const isSameLength = tail?.offset === appendix.offset && tail.byteCount === byteCount;
      if (isSameLength && (yield* rangesEqual(tail, { file, path, offset: 0, byteCount }))) return;
      yield* this.#search(file, { path, segment, reason: "quarantine" }, 0, byteCount, afterTxid);
    } finally {
      file.close();
    }
  }

  *#search(
    file: OpenFile,
    { path, segment, reason }: Pick<SalvageLoss, "path" | "segment" | "reason">,
    from: number,
    size: number,
    afterTxid: bigint,
  ): Steps<void> {
    const { result } = this;
    const onFrame = ({ offset, len }: FoundFrame) => this.#copy({ file, path, offset, byteCount: len });
    const { frames, lost } = yield* searchBeyond(file, from, size, afterTxid, this.#crc, onFrame);
    result.records += frames;
    for (const range of lost) result.lost.push({ path, segment, ...range, reason });
  }

  *#copy(range: FileRange): Steps<void> {
    if (this.#target) yield* copyRange(range, this.#target);
    this.result.bytes += range.byteCount;
  }

  #count(cursor: FrameCursor, offset: number): void {
    if (offset < this.#prefixEnd) this.result.records++;
    for (const appendix of this.#appendices) if (offset < appendix.offset) appendix.afterTxid = cursor.txid;
  }
}
