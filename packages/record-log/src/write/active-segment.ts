import { encodeHeaderInto, HEADER_LEN } from "@datawal/format";
import { type CheckedRecord, encodeCheckedInto, toBytes } from "@datawal/format/internal";
import type { FileStat, OpenFile } from "@datawal/safeatomic";
import { appendFully, appendPartsFully } from "@datawal/safeatomic/internal";
import { closeAll } from "../store/close-all.js";
import { FrameMemory } from "../store/memory.js";
import { requireSegment } from "../store/segment-file.js";
import type { Store } from "../store/store.js";

/** Frames up to this length are encoded into one reused buffer; longer payloads go to the kernel uncopied. */
const BUFFER_BYTES = 64 * 1024;

/** From here on the CRC's own memory is worth asking for: it spares 0.1 µs a record, and costs a process 1.5 ms once. */
const ASKS_FROM_BYTES = 4 * 1024 * 1024;

/**
 * The one segment that is appended to.
 *
 * It is opened twice: two syncs that overlap on one open file description can hide a failure from each other
 * (disk-rules R2), so asynchronous syncs use the first and synchronous ones the second.
 */
export class ActiveSegment {
  readonly segment: number;
  readonly path: string;
  readonly identity: string;
  /** Takes appends, and asynchronous syncs one at a time. */
  readonly file: OpenFile;
  /** For synchronous syncs. */
  readonly second: OpenFile;
  readonly #store: Store;
  readonly #memory: FrameMemory;
  readonly #openedSize: number;
  #size: number;

  /** @param found the file that it must be, its size the end of the last frame. */
  constructor(store: Store, segment: number, found: Pick<FileStat, "size" | "identity">) {
    this.#store = store;
    this.#memory = new FrameMemory(store.crc);
    this.segment = segment;
    this.path = store.path(segment);
    this.identity = found.identity;
    this.#size = this.#openedSize = found.size;
    this.file = store.fileSystem.open(this.path, "append");
    try {
      requireSegment(this.path, this, this.file.stat());
      this.second = store.fileSystem.open(this.path, "append");
    } catch (error) {
      this.file.close();
      throw error;
    }
  }

  /** Bytes of the file: where the next frame will start. */
  get size(): number {
    return this.#size;
  }

  /** Appends one frame of `len` bytes by one write. */
  append(record: CheckedRecord, len: number): void {
    if (len <= BUFFER_BYTES) {
      const isWorthAsking = this.#size - this.#openedSize > ASKS_FROM_BYTES;
      this.#memory.makeRoom(BUFFER_BYTES, isWorthAsking ? "lent" : "own");
      const { bytes, crc } = this.#memory;
      encodeCheckedInto(record, bytes, 0, crc);
      appendFully(this.file, bytes, 0, len);
    } else {
      appendPartsFully(this.file, this.#parts(record));
    }
    this.#size += len;
  }

  /** Appends encoded frames by one write. */
  appendFrames(frames: Uint8Array): void {
    appendFully(this.file, frames);
    this.#size += frames.length;
  }

  /**
   * Checks that the path still shows the file that is appended to, with the bytes that were appended and no others
   * (disk-rules R19). One look by path tells both: while our descriptor is open no other file has its identity, so
   * where that is the same, the size is our file's.
   *
   * @throws RecordLogError ERR_DATAWAL_SEGMENT_CHANGED
   */
  requireUntouched(): void {
    requireSegment(this.path, this, this.#store.fileSystem.stat(this.path));
  }

  /** Gives back what only appends need. */
  endAppends(): void {
    this.#memory.release();
  }

  /** Never called while a sync is unfinished, nor before {@link endAppends}. */
  close(): void {
    closeAll([this.file, this.second]);
  }

  #parts({ type, txid, key, payload: given }: CheckedRecord): Uint8Array[] {
    // Shared memory is copied: it may change between its CRC and its writing.
    const payload = toBytes(given, "payload");
    const head = new Uint8Array(HEADER_LEN + key.length);
    encodeHeaderInto({ type, txid, keyLen: key.length, payloadLen: payload.length }, head, 0);
    head.set(key, HEADER_LEN);
    const crc = new Uint8Array(4);
    new DataView(crc.buffer).setUint32(0, this.#store.crc(payload, this.#store.crc(head)), true);
    return [head, payload, crc];
  }
}
