import { TextDecoder, TextEncoder } from "node:util";
import type { Crc32c } from "@datawal/format";
import type { FileStat, FileSystem, OpenFile } from "@datawal/safeatomic";
import {
  appendFully,
  fsyncDirectorySteps,
  fsyncFile,
  publishFile,
  runSync,
  type Steps,
  useFileSteps,
} from "@datawal/safeatomic/internal";
import { noSpaceError } from "../inspect/refusal.js";
import type { SegmentReader } from "../inspect/segment-reader.js";
import { RecordLogError } from "../record-log-error.js";
import { copyRange, type FileRange, readBytes, readRange } from "../store/file-range.js";
import { requireSegment, requireUnlinked } from "../store/segment-file.js";
import type { Store } from "../store/store.js";
import { journalName, temporaryName } from "../store/store-names.js";

/**
 * The tail journal of disk-rules R4: verified bytes of a segment that may not be on disk, kept durably before the
 * segment is cut to its proven size and they are appended again.
 *
 * Layout: the bytes, then a line of fixed length that says which they are, `tail 1 <segment> <offset> <bytes> <crc>`,
 * where the checksum is that of the bytes and of the line before it. The line comes last because the bytes are written
 * while they are verified, before their number is known.
 */
export interface JournalTrailer {
  segment: number;
  /** Where the bytes belong in the segment: its proven size. */
  offset: number;
  byteCount: number;
  /** The CRC-32C of the bytes alone. */
  contentCrc: number;
}

/** Bytes of that line, its end included. */
const TRAILER_LEN = 80;

/** Collects the verified bytes behind a segment's proven size, while recovery reads them. */
export class JournalWriter {
  readonly #store: Store;
  readonly #segment: number;
  readonly #offset: number;
  #file: OpenFile | undefined;
  #byteCount = 0;
  /** Of the bytes so far. */
  #crc = 0;

  /** @param provenSize bytes of the segment known to be durable: those behind are collected. */
  constructor(store: Store, segment: number, provenSize: number) {
    this.#store = store;
    this.#segment = segment;
    this.#offset = provenSize;
  }

  get byteCount(): number {
    return this.#byteCount;
  }

  /**
   * Takes what has been verified since the last call, from the memory it was verified in.
   *
   * @throws RecordLogError ERR_DATAWAL_NO_SPACE
   */
  keep(reader: SegmentReader): void {
    const from = this.#offset + this.#byteCount;
    if (reader.nextOffset <= from) return;
    const bytes = reader.verifiedFrom(from);
    try {
      this.#file ??= this.#store.fileSystem.open(this.#temporaryPath, "create");
      appendFully(this.#file, bytes);
    } catch (error) {
      throw noSpaceError(error, this.#store.path(this.#segment), reader.size - this.#offset);
    }
    this.#crc = this.#store.crc(bytes, this.#crc);
    this.#byteCount += bytes.length;
  }

  /** Makes the journal durable under its name: from here on the repair will be finished, by this open or the next. */
  *publish(): Steps<void> {
    const file = this.#file!;
    const trailer = { segment: this.#segment, offset: this.#offset, byteCount: this.#byteCount };
    appendFully(file, encodeTrailer({ ...trailer, contentCrc: this.#crc }, this.#store.crc));
    yield* fsyncFile(file);
    file.close();
    this.#store.fileSystem.rename(this.#temporaryPath, journalPath(this.#store, this.#segment));
    this.#file = undefined;
    yield* fsyncDirectorySteps(this.#store.fileSystem, this.#store.directory);
  }

  /** Gives up what was not published. Idempotent. */
  discard(): void {
    const file = this.#file;
    if (!file) return;
    this.#file = undefined;
    try {
      file.close();
      this.#store.fileSystem.removeFile(this.#temporaryPath);
    } catch {
      // The failure that led here is the one to tell; the next writer removes the temporary.
    }
  }

  get #temporaryPath(): string {
    return this.#store.file(temporaryName(journalName(this.#segment)));
  }
}

/**
 * Publishes a journal again with more frames behind those that it has, durably, in place of the old one.
 *
 * @param trailer as read from the old one.
 * @param copyMore Called with what appends to the journal.
 */
export function* extendJournal(
  store: Store,
  trailer: JournalTrailer,
  copyMore: (append: (bytes: Uint8Array) => void) => Steps<void>,
): Steps<void> {
  const { fileSystem, crc } = store;
  const path = journalPath(store, trailer.segment);
  const temporaryPath = store.file(temporaryName(journalName(trailer.segment)));
  yield* publishFile(fileSystem, { path, temporaryPath, ownsTemporary: true }, function* (file) {
    const longer = { ...trailer, byteCount: 0, contentCrc: 0 };
    const append = (bytes: Uint8Array) => {
      appendFully(file, bytes);
      longer.contentCrc = crc(bytes, longer.contentCrc);
      longer.byteCount += bytes.length;
    };
    yield* useFileSteps(fileSystem, path, "read", (journal) =>
      readRange({ file: journal, path, offset: 0, byteCount: trailer.byteCount }, append),
    );
    if (longer.contentCrc !== trailer.contentCrc) throw journalDamaged(path, "other bytes");
    yield* copyMore(append);
    appendFully(file, encodeTrailer(longer, crc));
  });
}

/**
 * Does what a journal says: cuts the segment to its proven size, appends the bytes again, syncs, removes the journal.
 * Idempotent: a crash anywhere in between leaves the journal, and the next open does it all again.
 *
 * @returns The segment as it is then, all of it durable.
 */
export function* applyJournal(store: Store, segment: number): Steps<FileStat> {
  const { fileSystem, directory } = store;
  const path = journalPath(store, segment);
  const rewritten = yield* useFileSteps(fileSystem, path, "read", function* (file) {
    const { offset, byteCount } = yield* readTrailer(file, path, segment, store.crc);
    const segmentFile = store.path(segment);
    const { identity } = requireProvenPart(fileSystem, segmentFile, offset, path);
    const again = { file, path, offset: 0, byteCount };
    return yield* rewriteTail(fileSystem, segmentFile, { identity, size: offset }, again);
  });
  fileSystem.removeFile(path);
  yield* fsyncDirectorySteps(fileSystem, directory);
  return rewritten;
}

/**
 * Cuts a segment to its `size`, appends `again`, and syncs: always, since a cut that is not synced can be undone
 * and would bring the discarded records back behind what is appended next.
 *
 * @returns The segment as it is then, all of it durable.
 */
export function rewriteTail(
  fileSystem: FileSystem,
  path: string,
  { identity, size }: Pick<FileStat, "identity" | "size">,
  again?: FileRange,
): Steps<FileStat> {
  return useFileSteps(fileSystem, path, "append", function* (file) {
    const before = file.stat();
    requireSegment(path, { identity, size: before.size }, before);
    requireUnlinked(path, before);
    file.truncate(size);
    // In one go: given up in between, it would leave a segment without the records that are appended here.
    if (again) runSync(copyRange(again, file));
    yield* fsyncFile(file);
    const rewritten = file.stat();
    requireSegment(path, { identity, size: size + (again?.byteCount ?? 0) }, rewritten);
    return rewritten;
  });
}

/** Which bytes of the segment a journal holds: its first `byteCount` bytes belong at `offset`. */
export function readJournal(store: Store, segment: number): Steps<JournalTrailer> {
  const path = journalPath(store, segment);
  return useFileSteps(store.fileSystem, path, "read", (file) => readTrailer(file, path, segment, store.crc));
}

export function journalPath(store: Store, segment: number): string {
  return store.file(journalName(segment));
}

function encodeTrailer(
  { segment, offset, byteCount, contentCrc }: JournalTrailer,
  crcOf: Crc32c,
): Uint8Array {
  const text = `tail 1 ${segment} ${offset} ${byteCount}`;
  const crc = crcOf(new TextEncoder().encode(text), contentCrc);
  return new TextEncoder().encode(`${text} ${crc.toString(16)}`.padEnd(TRAILER_LEN - 1).concat("\n"));
}

/** Reads and checks the whole journal before anything is cut. */
function* readTrailer(
  journal: OpenFile,
  path: string,
  segment: number,
  crcOf: Crc32c,
): Steps<JournalTrailer> {
  const byteCount = journal.stat().size - TRAILER_LEN;
  if (byteCount < 0) throw journalDamaged(path, "other bytes");
  const line = readBytes(journal, path, byteCount, TRAILER_LEN);
  let contentCrc = 0;
  yield* readRange({ file: journal, path, offset: 0, byteCount }, (chunk) => {
    contentCrc = crcOf(chunk, contentCrc);
  });
  const offset = Number(/^tail 1 \d+ (\d+) /.exec(new TextDecoder("latin1").decode(line))?.[1]);
  const trailer = { segment, offset, byteCount, contentCrc };
  if (Buffer.compare(line, encodeTrailer(trailer, crcOf)) !== 0) throw journalDamaged(path, "other bytes");
  return trailer;
}

/** No crash takes away what was on disk before the repair: without it the journal has nothing to be appended to. */
function requireProvenPart(
  fileSystem: FileSystem,
  segmentFile: string,
  provenSize: number,
  journalPath: string,
): FileStat {
  const stat = fileSystem.stat(segmentFile);
  if (stat && stat.size >= provenSize) return stat;
  const found = `that of ${segmentFile}, which has ${stat ? `${stat.size} of the ${provenSize} bytes it continues` : "gone"}`;
  throw journalDamaged(journalPath, found);
}

function journalDamaged(path: string, found: string): RecordLogError {
  const message = `${path}: expected the journal of an interrupted repair, found ${found}; nothing was changed: collect what the store still holds with salvageTo, or move this file away and open again without it`;
  return new RecordLogError("ERR_DATAWAL_JOURNAL_DAMAGED", message, { path });
}
