const SLOTS = 8192;
/** Longer values are not kept. */
const SLOT_BYTES = 512;

/** Values by where their records lie: direct-mapped, 4 MiB. */
export class FrameCache {
  #bytes = new Uint8Array(SLOTS * SLOT_BYTES);
  #segments = new Int32Array(SLOTS);
  #offsets = new Float64Array(SLOTS).fill(-1);
  #lengths = new Int32Array(SLOTS);

  /** @returns A view. */
  find({ segment, offset }) {
    const slot = slotOf(segment, offset);
    if (this.#offsets[slot] !== offset || this.#segments[slot] !== segment) return undefined;
    return this.#bytes.subarray(slot * SLOT_BYTES, slot * SLOT_BYTES + this.#lengths[slot]);
  }

  keep({ segment, offset }, value) {
    if (value.length > SLOT_BYTES) return;
    const slot = slotOf(segment, offset);
    this.#segments[slot] = segment;
    this.#offsets[slot] = offset;
    this.#lengths[slot] = value.length;
    this.#bytes.set(value, slot * SLOT_BYTES);
  }
}

function slotOf(segment, offset) {
  return (Math.imul((offset / 4) | 0, 0x9e3779b1) ^ segment) & (SLOTS - 1);
}
