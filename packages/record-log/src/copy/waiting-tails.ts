import type { Steps } from "@datawal/safeatomic/internal";
import { markKey } from "../inspect/frame-mark.js";
import type { KeptTail } from "../repair/kept-tail.js";
import type { FileRange } from "../store/file-range.js";

/**
 * The tails in quarantine that nothing has become of yet. One is due when the frame that it stood behind has been found
 * where it stood: only then is it known what came behind it.
 */
export class WaitingTails {
  #tails: readonly KeptTail[];
  #segment = 0;
  /** Those that stood behind a frame of the segment at hand, by its place. */
  readonly #marked = new Map<number, KeptTail[]>();
  /** Those whose frame was found in an earlier segment than theirs. */
  readonly #proven = new Set<KeptTail>();
  /** Those that belong into the segment at hand, by the place where they do. */
  #due: { tail: KeptTail; offset: number }[] = [];

  /** @param tails in the order in which they were cut. */
  constructor(tails: readonly KeptTail[]) {
    this.#tails = tails;
  }

  /** All that are left. */
  get tails(): readonly KeptTail[] {
    return this.#tails;
  }

  startSegment(segment: number): void {
    this.#segment = segment;
    this.#marked.clear();
    for (const tail of this.#tails) {
      if (tail.before?.segment !== segment) continue;
      const { offset } = tail.before;
      this.#marked.set(offset, [...(this.#marked.get(offset) ?? []), tail]);
    }
    const isDue = (tail: KeptTail) => tail.segment === segment && this.#proven.has(tail);
    this.#due = this.#tails.filter(isDue).map((tail) => ({ tail, offset: 0 }));
  }

  /** Takes note of a frame of the segment at hand; frames come in the order in which they stand there. */
  noteFrame(offset: number, len: number, txid: bigint, crcOf: () => number): void {
    for (const tail of this.#marked.get(offset) ?? []) {
      if (!this.#tails.includes(tail) || tail.before?.txid !== txid || tail.before.crc !== crcOf()) continue;
      if (tail.segment === this.#segment) this.#due.push({ tail, offset: offset + len });
      else this.#proven.add(tail);
    }
    this.#marked.delete(offset);
  }

  /** The places before `end` at which tails are due, ascending. */
  placesBefore(end: number): number[] {
    return this.#due.map(({ offset }) => offset).filter((offset) => offset < end);
  }

  /** Takes the next tail that is due at or before an offset. */
  takeDue(offset: number): KeptTail | undefined {
    if (this.#due.length === 0 || this.#due[0]!.offset > offset) return undefined;
    const { tail } = this.#due.shift()!;
    this.#drop([tail]);
    return tail;
  }

  /**
   * Takes those of the segment at hand whose bytes a range of it still has: a repair that was interrupted may have kept
   * the damaged tail and not cut it yet, and another program may have appended to it.
   */
  *takeUncut(range: FileRange): Steps<KeptTail[]> {
    const uncut: KeptTail[] = [];
    for (const tail of this.#tails)
      if (tail.segment === this.#segment && (yield* tail.isPartOf(range))) uncut.push(tail);
    this.#drop(uncut);
    return uncut;
  }

  /** Takes those whose bytes another has too: a tail that was kept and not cut yet may have grown, and been kept again. */
  *takeRepeated(): Steps<KeptTail[]> {
    const repeated: KeptTail[] = [];
    for (const tail of this.#tails) {
      for (const other of this.#tails) {
        if (repeated.includes(other) || !mayRepeat(tail, other)) continue;
        if (!(yield* tail.isPartOf(other.range))) continue;
        repeated.push(tail);
        break;
      }
    }
    this.#drop(repeated);
    return repeated;
  }

  #drop(tails: readonly KeptTail[]): void {
    this.#tails = this.#tails.filter((tail) => !tails.includes(tail));
    this.#due = this.#due.filter(({ tail }) => !tails.includes(tail));
  }
}

/** Whether `other` is the one to go by, if both have the same bytes. */
function mayRepeat(tail: KeptTail, other: KeptTail): boolean {
  if (tail === other || tail.segment !== other.segment) return false;
  if (tail.hasHeader && !(other.hasHeader && markKey(tail.before) === markKey(other.before))) return false;
  if (tail.heldBytes !== other.heldBytes) return tail.heldBytes < other.heldBytes;
  return tail.hasHeader === other.hasHeader ? tail.attempt > other.attempt : other.hasHeader;
}
