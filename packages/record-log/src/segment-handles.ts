import { type Crc32c, FrameCursor } from "@datawal/format";
import { errnoOf, type FileSystem, type OpenFile, readFully } from "@datawal/safeatomic";
import { checkRef } from "./check-position.js";
import { closeAll } from "./close-all.js";
import type { LogRecord, RecordRef } from "./log-record.js";
import { RecordLogError, storeIoError } from "./record-log-error.js";
import { segmentPath } from "./segment-list.js";

/** Segments whose descriptors are kept open for reading; the reference keeps as many (§5.3). */
const CAPACITY = 16;
/** A read buffer larger than this is not kept: one large record must not cost memory for ever. */
const KEPT_BUFFER_BYTES = 1 << 20;

const READ_BUFFER_BYTES_MIN = 4096;

/** Reads single records where they lie, through a few descriptors that stay open, the least recently used closed first. */
export class SegmentHandles {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #crc: Crc32c;
  readonly #cursor = new FrameCursor();
  /** In order of use, the most recent last. */
  readonly #files = new Map<number, OpenFile>();
  #buffer = new Uint8Array(0);

  constructor(fileSystem: FileSystem, directory: string, crc: Crc32c) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#crc = crc;
  }

  /**
   * Reads one frame and checks it.
   *
   * @returns Copies.
   * @throws RangeError ERR_DATAWAL_BAD_REF; RecordLogError ERR_DATAWAL_RECORD_UNREADABLE: no valid frame of that
   * length; ERR_DATAWAL_STORE_IO
   */
  read(ref: RecordRef): LogRecord {
    checkRef(ref);
    const { segment, offset, len } = ref;
    const cursor = this.#loadNamed(ref);
    return {
      type: cursor.type,
      txid: cursor.txid,
      key: cursor.key.slice(),
      payload: cursor.payload.slice(),
      segment,
      offset,
      len,
    };
  }

  /** As {@link read}, without copying: the cursor is valid until the next call. @throws also the port's error */
  load(ref: RecordRef): FrameCursor {
    const target = this.#room(ref.len);
    const byteCount = readFully(this.#open(ref), target, 0, ref.len, ref.offset);
    const outcome = this.#cursor.read(target.subarray(0, byteCount), 0, this.#crc);
    if (outcome === "record" && this.#cursor.end === ref.len) return this.#cursor;
    throw this.#unreadable(ref, outcome === "record" ? `a frame of ${this.#cursor.end} bytes` : outcome);
  }

  /** Closes a segment's descriptor: the file under its name is gone, or another one. */
  forget(segment: number): void {
    const file = this.#files.get(segment);
    this.#files.delete(segment);
    file?.close();
  }

  /** @throws RecordLogError ERR_DATAWAL_STORE_IO: all are closed nevertheless */
  close(): void {
    const files = [...this.#files.values()];
    this.#files.clear();
    try {
      closeAll(files);
    } catch (error) {
      throw storeIoError(error, "close", this.#directory);
    }
  }

  #loadNamed(ref: RecordRef): FrameCursor {
    try {
      return this.load(ref);
    } catch (error) {
      throw storeIoError(error, "read", segmentPath(this.#directory, ref.segment));
    }
  }

  #open(ref: RecordRef): OpenFile {
    const { segment } = ref;
    let file = this.#files.get(segment);
    if (file) this.#files.delete(segment);
    else file = this.#openAnew(ref);
    this.#files.set(segment, file);
    return file;
  }

  #openAnew(ref: RecordRef): OpenFile {
    if (this.#files.size >= CAPACITY) this.forget(this.#files.keys().next().value!);
    try {
      return this.#fileSystem.open(segmentPath(this.#directory, ref.segment), "read");
    } catch (error) {
      if (errnoOf(error) === "ENOENT") throw this.#unreadable(ref, "no such segment", error);
      throw error;
    }
  }

  #room(byteCount: number): Uint8Array {
    if (byteCount <= this.#buffer.length) return this.#buffer;
    const grown = new Uint8Array(Math.max(byteCount, READ_BUFFER_BYTES_MIN));
    if (byteCount <= KEPT_BUFFER_BYTES) this.#buffer = grown;
    return grown;
  }

  #unreadable({ segment, offset, len }: RecordRef, reason: string, cause?: unknown): RecordLogError {
    const path = segmentPath(this.#directory, segment);
    return new RecordLogError(
      "ERR_DATAWAL_RECORD_UNREADABLE",
      `${path}: expected a valid frame of ${len} bytes at offset ${offset}, found ${reason}; if the reference is right the segment is damaged: run verifyLog`,
      { path, segment, offset, len, reason },
      cause,
    );
  }
}
