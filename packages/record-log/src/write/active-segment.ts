import { encodeHeaderInto, HEADER_LEN } from "@datawal/format";
import { type CheckedRecord, encodeCheckedInto, toBytes } from "@datawal/format/internal";
import type { FileStat, OpenFile } from "@datawal/safeatomic";
import { appendFully, appendPartsFully } from "@datawal/safeatomic/internal";
import { closeAll } from "../store/close-all.js";
import type { FrameRing } from "../store/frame-ring.js";
import { requireSegment } from "../store/segment-file.js";
import type { Store } from "../store/store.js";

/** Frames up to this length are encoded into the ring; longer payloads go to the kernel uncopied. */
const ENCODED_BYTES_MAX = 64 * 1024;

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
  readonly #ring: FrameRing;
  #size: number;

  /**
   * @param ring Where frames are encoded.
   * @param found the file that it must be, its size the end of the last frame.
   */
  constructor(store: Store, ring: FrameRing, segment: number, found: Pick<FileStat, "size" | "identity">) {
    this.#store = store;
    this.#ring = ring;
    this.segment = segment;
    this.path = store.path(segment);
    this.identity = found.identity;
    this.#size = found.size;
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

  /** Appends one frame of `len` bytes by one write. @returns Where it begins. */
  append(record: CheckedRecord, len: number): number {
    if (len <= ENCODED_BYTES_MAX) {
      const at = this.#ring.take(len);
      encodeCheckedInto(record, this.#ring.bytes, at, this.#ring.crc);
      return this.appendPending();
    }
    const offset = this.#size;
    appendPartsFully(this.file, this.#parts(record));
    this.#size += len;
    return offset;
  }

  /** Appends what is pending in the ring by one write. @returns Where it begins. */
  appendPending(): number {
    const offset = this.#size;
    const { bytes, start, pendingBytes } = this.#ring;
    appendFully(this.file, bytes, start, pendingBytes);
    this.#ring.commit(this.segment, offset);
    this.#size += pendingBytes;
    return offset;
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

  /** Never called while a sync is unfinished. */
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
