import { FrameCursor, type FrameOutcome, type InvalidReason, resync } from "@datawal/format";

/** Why bytes are no frame. */
export type Trouble = Exclude<FrameOutcome, "record"> | "crc-mismatch" | InvalidReason;

/** A stretch of a file: a frame, or bytes that are none. */
export interface Stretch {
  offset: number;
  len: number;
  /** Absent: it is a record. */
  trouble?: Trouble;
  /** Whether it lies behind damage: a reader of the log never comes to it. */
  isBeyond: boolean;
}

/** Where the frames of one file lie. Offsets alone, so that a million of them are 17 MB. */
export class FrameIndex {
  #offsets = new Float64Array(1024);
  #isBeyond = new Uint8Array(1024);
  readonly #troubles = new Map<number, Trouble>();
  #length = 0;
  #end = 0;

  get length(): number {
    return this.#length;
  }

  /** The rows that are no records. */
  get troubles(): ReadonlyMap<number, Trouble> {
    return this.#troubles;
  }

  at(row: number): Stretch {
    const offset = this.#offsets[row]!;
    const next = row + 1 < this.#length ? this.#offsets[row + 1]! : this.#end;
    const trouble = this.#troubles.get(row);
    return {
      offset,
      len: next - offset,
      isBeyond: this.#isBeyond[row] === 1,
      ...(trouble ? { trouble } : {}),
    };
  }

  /** Of an offset, the row that holds it. */
  rowAt(offset: number): number {
    let [low, high] = [0, this.#length - 1];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#offsets[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  add(offset: number, end: number, isBeyond: boolean, trouble?: Trouble): void {
    if (this.#length === this.#offsets.length) this.#grow();
    if (trouble) this.#troubles.set(this.#length, trouble);
    this.#offsets[this.#length] = offset;
    this.#isBeyond[this.#length++] = isBeyond ? 1 : 0;
    this.#end = end;
  }

  #grow(): void {
    const [offsets, isBeyond] = [this.#offsets, this.#isBeyond];
    this.#offsets = new Float64Array(2 * offsets.length);
    this.#offsets.set(offsets);
    this.#isBeyond = new Uint8Array(2 * isBeyond.length);
    this.#isBeyond.set(isBeyond);
  }
}

/** Finds every frame of a segment, also behind damage. Yields now and then how many bytes are done. */
export function* indexFrames(bytes: Uint8Array): Generator<number, FrameIndex> {
  const index = new FrameIndex();
  const cursor = new FrameCursor();
  let isBeyond = false;
  let told = 0;
  for (let at = 0; at < bytes.length; ) {
    const outcome = cursor.read(bytes, at);
    let end = cursor.end;
    if (outcome === "record") {
      index.add(at, end, isBeyond);
    } else {
      const found = resync(bytes, at + 1);
      end = found.kind === "found" ? found.offset : bytes.length;
      index.add(at, end, isBeyond, outcome as Trouble);
      isBeyond = true;
    }
    at = end;
    if (at - told < YIELD_BYTES) continue;
    told = at;
    yield at;
  }
  return index;
}

const YIELD_BYTES = 4 * 1024 * 1024;
