import { join } from "node:path";
import type { Crc32c } from "@datawal/format";
import {
  appendFully,
  type FileSystem,
  fsyncDirectorySteps,
  fsyncFile,
  type OpenFile,
  type Steps,
} from "@datawal/safeatomic";
import { copyRange, type FileRange, readRange } from "../file-range.js";
import { RecordLogError } from "../record-log-error.js";
import { segmentPath } from "../segment-list.js";
import { readExactly, type SegmentReader, segmentChanged } from "../segment-reader.js";
import { journalName, temporaryName } from "../store-names.js";

/**
 * The tail journal of disk-rules R4: verified bytes of a segment that may not be on disk, kept durably before the
 * segment is cut to its proven size and they are appended again.
 *
 * Layout: the bytes, then a line of fixed length that says which they are, `tail 1 <segment> <offset> <bytes> <crc>`.
 * The line comes last because the bytes are written while they are verified, before their number is known.
 */
export interface JournalHeading {
  segment: number;
  /** Where the bytes belong in the segment: its proven size. */
  offset: number;
  byteCount: number;
  /** Of the bytes. */
  crc: number;
}

const HEADING_LEN = 80;

/** Collects the verified bytes behind a segment's proven size, while recovery reads them. */
export class JournalWriter {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #segment: number;
  readonly #crcOf: Crc32c;
  readonly #offset: number;
  #file: OpenFile | undefined;
  #byteCount = 0;
  #crc = 0;

  /** @param provenSize bytes of the segment known to be durable: those behind are collected. */
  constructor(fileSystem: FileSystem, directory: string, segment: number, provenSize: number, crcOf: Crc32c) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#segment = segment;
    this.#offset = provenSize;
    this.#crcOf = crcOf;
  }

  get byteCount(): number {
    return this.#byteCount;
  }

  /** Takes what has been verified since the last call, from the memory it was verified in. */
  keep(reader: SegmentReader): void {
    const from = this.#offset + this.#byteCount;
    if (reader.nextOffset <= from) return;
    const bytes = reader.verifiedFrom(from);
    this.#file ??= this.#fileSystem.open(this.#temporaryPath, "create");
    appendFully(this.#file, bytes);
    this.#crc = this.#crcOf(bytes, this.#crc);
    this.#byteCount += bytes.length;
  }

  /** Makes the journal durable under its name: from here on the repair will be finished, by this open or the next. */
  *publish(): Steps<void> {
    const file = this.#file!;
    const heading = {
      segment: this.#segment,
      offset: this.#offset,
      byteCount: this.#byteCount,
      crc: this.#crc,
    };
    appendFully(file, new TextEncoder().encode(formatHeading(heading)));
    yield* fsyncFile(file);
    this.#file = undefined;
    file.close();
    this.#fileSystem.rename(this.#temporaryPath, join(this.#directory, journalName(this.#segment)));
    yield* fsyncDirectorySteps(this.#fileSystem, this.#directory);
  }

  /** Gives up what was not published. Idempotent. */
  discard(): void {
    if (!this.#file) return;
    this.#file.close();
    this.#file = undefined;
    this.#fileSystem.removeFile(this.#temporaryPath);
  }

  get #temporaryPath(): string {
    return join(this.#directory, temporaryName(journalName(this.#segment)));
  }
}
/**
 * Does what a journal says: cuts the segment to its proven size, appends the bytes again, syncs, removes the journal.
 * Idempotent: a crash anywhere in between leaves the journal, and the next open does it all again.
 */
export function* applyJournal(
  fileSystem: FileSystem,
  directory: string,
  segment: number,
  crc: Crc32c,
): Steps<void> {
  const path = join(directory, journalName(segment));
  const journal = fileSystem.open(path, "read");
  try {
    const { offset, byteCount } = yield* readHeading(journal, path, segment, crc);
    yield* rewriteTail(fileSystem, segmentPath(directory, segment), offset, {
      file: journal,
      path,
      offset: 0,
      byteCount,
    });
  } finally {
    journal.close();
  }
  fileSystem.removeFile(path);
  yield* fsyncDirectorySteps(fileSystem, directory);
}

/**
 * Cuts a segment to `size` bytes, appends `again`, and syncs: always, since a cut that is not synced can be undone
 * and would bring the discarded records back behind what is appended next.
 */
export function* rewriteTail(
  fileSystem: FileSystem,
  path: string,
  size: number,
  again?: FileRange,
): Steps<void> {
  const file = fileSystem.open(path, "append");
  try {
    file.truncate(size);
    if (again) yield* copyRange(again, file);
    yield* fsyncFile(file);
    const expected = size + (again?.byteCount ?? 0);
    const { size: actual } = file.stat();
    if (actual !== expected) throw segmentChanged(path, expected, actual);
  } finally {
    file.close();
  }
}

/** Which bytes of the segment a journal holds: its first `byteCount` bytes belong at `offset`. */
export function* readJournal(
  fileSystem: FileSystem,
  path: string,
  segment: number,
  crc: Crc32c,
): Steps<JournalHeading> {
  const journal = fileSystem.open(path, "read");
  try {
    return yield* readHeading(journal, path, segment, crc);
  } finally {
    journal.close();
  }
}

function formatHeading({ segment, offset, byteCount, crc }: JournalHeading): string {
  return `tail 1 ${segment} ${offset} ${byteCount} ${crc.toString(16)}`.padEnd(HEADING_LEN - 1).concat("\n");
}

/** Reads and checks the whole journal before anything is cut. */
function* readHeading(
  journal: OpenFile,
  path: string,
  segment: number,
  crcOf: Crc32c,
): Steps<JournalHeading> {
  const byteCount = journal.stat().size - HEADING_LEN;
  if (byteCount < 0) throw journalDamaged(path);
  const line = new Uint8Array(HEADING_LEN);
  readExactly(journal, path, line, 0, HEADING_LEN, byteCount);
  let crc = 0;
  yield* readRange({ file: journal, path, offset: 0, byteCount }, (chunk) => {
    crc = crcOf(chunk, crc);
  });
  const text = new TextDecoder("latin1").decode(line);
  const offset = Number(/^tail 1 \d+ (\d+) /.exec(text)?.[1]);
  const heading = { segment, offset, byteCount, crc };
  if (text !== formatHeading(heading)) throw journalDamaged(path);
  return heading;
}

function journalDamaged(path: string): RecordLogError {
  return new RecordLogError(
    "ERR_DATAWAL_JOURNAL_DAMAGED",
    `${path}: expected the journal of an interrupted repair, found other bytes; nothing was changed: copy the store, then move this file away and open again`,
    { path },
  );
}
