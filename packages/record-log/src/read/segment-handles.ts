import { type Bytes, FrameCursor, type FrameOutcome } from "@datawal/format";
import type { OpenFile } from "@datawal/safeatomic";
import { errnoOf, readFully } from "@datawal/safeatomic/internal";
import type { RecordRef } from "../log-record.js";
import { RecordLogError, storeIoError } from "../record-log-error.js";
import { closeAll } from "../store/close-all.js";
import type { FrameRing } from "../store/frame-ring.js";
import { FrameMemory, KeptPieces } from "../store/memory.js";
import type { Store } from "../store/store.js";
import { checkRef } from "./check-position.js";
import { RUN_BYTES_MAX, runsOf } from "./record-runs.js";

/** Segments whose descriptors are kept open for reading; the reference keeps as many. */
const CAPACITY = 16;

/** How to know that what is read is part of a log that others may repair. */
interface StandingProof {
  /** Whether the frame at the cursor, which is valid, needs no proof: it was seen at that place, or no repair cuts its segment. */
  isSeen(ref: RecordRef, cursor: FrameCursor): boolean;
  /** Called behind a read of what that does not tell. @throws where it may be no longer part of the log */
  requireStanding(segment: number, file: OpenFile): void;
}

/** Reads single records where they lie, through a few descriptors that stay open, the least recently used closed first. */
export class SegmentHandles {
  readonly #store: Store;
  readonly #openSegment: (segment: number) => OpenFile | undefined;
  readonly #proof: StandingProof | undefined;
  readonly #cursor = new FrameCursor();
  /** In order of use, the most recent last. */
  readonly #files = new Map<number, OpenFile>();
  /** The most recent one again: most reads go where the one before went. */
  #latest: { segment: number; file: OpenFile } | undefined;
  /** Stays open, whatever else is read. */
  #held: number | undefined;
  readonly #kept = new KeptPieces();
  readonly #ring: FrameRing | undefined;
  /** How often {@link peek} has found a frame in the ring, and how often not. */
  hits = 0;
  misses = 0;

  /**
   * @param openSegment Opens a segment for reading; `undefined` where the log has none of that id.
   * @param proof Absent where nobody else can change the log.
   * @param ring What was written last.
   */
  constructor(
    store: Store,
    openSegment: (segment: number) => OpenFile | undefined,
    proof?: StandingProof,
    ring?: FrameRing,
  ) {
    this.#store = store;
    this.#openSegment = openSegment;
    this.#proof = proof;
    this.#ring = ring;
  }

  /**
   * Reads one frame and checks it.
   *
   * @returns A cursor on kept memory, valid until the next call.
   * @throws RangeError ERR_DATAWAL_BAD_REF; RecordLogError ERR_DATAWAL_RECORD_UNREADABLE: no valid frame of that
   * length; ERR_DATAWAL_READER_STALE: the segment is not the file that was read before; ERR_DATAWAL_STORE_IO
   */
  peek(ref: RecordRef): FrameCursor {
    checkRef(ref);
    const start = this.#kept.take(ref.len);
    const { bytes } = this.#kept;
    const cursor = this.#cursor;
    if (this.#isRemembered(ref, bytes, start)) {
      this.hits++;
      return cursor;
    }
    this.misses++;
    const look = () =>
      cursor.read(bytes, start, this.#store.crc, start + this.#read(ref, bytes, start, ref.len));
    let outcome = look();
    if (!(outcome === "record" && this.#proof?.isSeen(ref, cursor))) {
      this.#requireStanding(ref);
      // A repair may have cut it, and have written it again since: then all stands.
      if (outcome !== "record" && this.#proof) {
        outcome = look();
        this.#requireStanding(ref);
      }
    }
    return this.#checked(ref, cursor, start, outcome);
  }

  /**
   * Looks whether the ring has a frame, and proves nothing: for who holds a reference that an append of this log gave.
   *
   * @returns A cursor on the ring itself, valid until anything is appended; its `record` fields but the CRC are set.
   */
  glance({ segment, offset, len }: RecordRef): FrameCursor | undefined {
    const ring = this.#ring;
    const at = ring?.find(segment, offset, len) ?? -1;
    if (!ring || at < 0 || this.#cursor.readHeader(ring.bytes, at, at + len) !== "header") return undefined;
    this.hits++;
    return this.#cursor;
  }

  /** A copy of the payload under a cursor, the caller's to keep. */
  keepPayload({ bytes, payloadStart, payloadEnd }: FrameCursor): Bytes {
    const len = payloadEnd - payloadStart;
    const start = this.#kept.take(len);
    const kept = this.#kept.bytes;
    kept.set(bytes.subarray(payloadStart, payloadEnd), start);
    return kept.subarray(start, start + len);
  }

  /**
   * Reads many frames and checks them: those that lie close together, in this order, by one read.
   *
   * @param beforeRead Called before each read of a segment; ends the iteration by throwing.
   * @returns A cursor: it and its views are valid until the next frame is drawn or the iteration ends.
   * @throws As {@link peek}
   */
  *peekMany(
    refs: Iterable<RecordRef>,
    beforeRead: (segment: number) => void,
  ): Generator<FrameCursor, void, void> {
    const cursor = new FrameCursor();
    const memory = new FrameMemory(this.#store.crc);
    try {
      for (const run of runsOf(refs)) {
        const first = run[0]!;
        beforeRead(first.segment);
        const wanted = run.at(-1)!.offset + run.at(-1)!.len - first.offset;
        makeRoomForRun(memory, wanted);
        const { bytes, crc } = memory;
        const byteCount = this.#read(first, bytes, 0, wanted);
        this.#requireStanding(first);
        for (const ref of run) {
          const start = ref.offset - first.offset;
          const outcome = cursor.read(bytes, start, crc, Math.min(byteCount, start + ref.len));
          yield outcome === "record" ? this.#checked(ref, cursor, start, outcome) : this.peek(ref);
        }
      }
    } finally {
      memory.release();
    }
  }

  /**
   * Opens a segment and keeps it open until another one is held: whatever becomes of its name, what it has can be asked.
   *
   * @throws As {@link peek}
   */
  hold(ref: RecordRef): void {
    this.#held = ref.segment;
    this.#open(ref);
  }

  /** The file under its name is gone, or another one. */
  forget(segment: number): void {
    this.#ring?.forget(segment);
    this.#close(segment);
  }

  #close(segment: number): void {
    const file = this.#files.get(segment);
    this.#files.delete(segment);
    this.#latest = undefined;
    file?.close();
  }

  /** @throws RecordLogError ERR_DATAWAL_STORE_IO: all are closed nevertheless */
  close(): void {
    const files = [...this.#files.values()];
    this.#files.clear();
    this.#latest = undefined;
    try {
      closeAll(files);
    } catch (error) {
      throw storeIoError(error, "close", this.#store.directory);
    }
  }

  /** Whether the ring has the frame: then it is copied, and the cursor stands on the copy. */
  #isRemembered({ segment, offset, len }: RecordRef, bytes: Uint8Array, start: number): boolean {
    const ring = this.#ring;
    const at = ring?.find(segment, offset, len) ?? -1;
    if (!ring || at < 0) return false;
    const end = at + len;
    const cursor = this.#cursor;
    // A reference may be wrong.
    if (cursor.read(ring.bytes, at, ring.crc, end) !== "record" || cursor.end !== end) return false;
    bytes.set(ring.bytes.subarray(at, end), start);
    cursor.readHeader(bytes, start, start + len);
    return true;
  }

  /** Reads `byteCount` bytes from where a record lies, fewer only where the file ends; returns how many. */
  #read(ref: RecordRef, target: Uint8Array, targetOffset: number, byteCount: number): number {
    try {
      return readFully(this.#open(ref), target, targetOffset, byteCount, ref.offset);
    } catch (error) {
      throw storeIoError(error, "read", this.#store.path(ref.segment));
    }
  }

  /** Behind a read of the segment: what was read is part of the log, or was when it was read. */
  #requireStanding(ref: RecordRef): void {
    if (!this.#proof) return;
    try {
      this.#proof.requireStanding(ref.segment, this.#open(ref));
    } catch (error) {
      throw storeIoError(error, "read", this.#store.path(ref.segment));
    }
  }

  /** The cursor on the frame that begins at `start`, if that is one and no longer or shorter. */
  #checked(ref: RecordRef, cursor: FrameCursor, start: number, outcome: FrameOutcome): FrameCursor {
    const len = cursor.end - start;
    if (outcome === "record" && len === ref.len) return cursor;
    throw this.#unreadable(ref, outcome === "record" ? `a frame of ${len} bytes` : outcome);
  }

  #open(ref: RecordRef): OpenFile {
    const { segment } = ref;
    if (this.#latest?.segment === segment) return this.#latest.file;
    let file = this.#files.get(segment);
    if (file) this.#files.delete(segment);
    else file = this.#openAnew(ref);
    this.#files.set(segment, file);
    this.#latest = { segment, file };
    return file;
  }

  #openAnew(ref: RecordRef): OpenFile {
    if (this.#files.size >= CAPACITY)
      this.#close([...this.#files.keys()].find((segment) => segment !== this.#held)!);
    let cause: unknown;
    try {
      const file = this.#openSegment(ref.segment);
      if (file) return file;
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
      cause = error;
    }
    throw this.#unreadable(ref, "no such segment", cause);
  }

  #unreadable({ segment, offset, len }: RecordRef, reason: string, cause?: unknown): RecordLogError {
    const path = this.#store.path(segment);
    const message = `${path}: expected a valid frame of ${len} bytes at offset ${offset}, found ${reason}; if the reference is right the segment is damaged: run verifyLog`;
    const facts = { path, segment, offset, len, reason };
    return new RecordLogError("ERR_DATAWAL_RECORD_UNREADABLE", message, facts, cause);
  }
}

/** The first run gets its length: there may be no other, and who draws one frame and goes away never gives it back. */
function makeRoomForRun(memory: FrameMemory, byteCount: number): void {
  if (memory.bytes.length === 0) memory.makeRoom(byteCount, "own");
  else memory.makeRoom(Math.max(byteCount, RUN_BYTES_MAX), "lent");
}
