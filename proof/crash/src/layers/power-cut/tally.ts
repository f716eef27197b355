import type { CycleFacts } from "./life.js";

/** What the power cuts of one file system have shown. */
export class Tally {
  cycles = 0;
  torn = 0;
  zeroFilled = 0;
  acknowledgements = 0;
  lateAcknowledgements = 0;
  lostLate = 0;
  duringOpen = 0;
  duringCompaction = 0;
  /** Disks that the file system itself would not mount after a cut. */
  refused = 0;

  add(facts: CycleFacts): void {
    this.cycles++;
    if (facts.tail === "torn") this.torn++;
    if (facts.tail === "zero-filled") this.zeroFilled++;
    if (facts.isDuringOpen) this.duringOpen++;
    if (facts.isDuringCompaction) this.duringCompaction++;
    this.acknowledgements += facts.acknowledgements;
    this.lateAcknowledgements += facts.lateAcknowledgements;
    if (facts.hasLostLate) this.lostLate++;
  }

  addAll(other: Tally): void {
    this.cycles += other.cycles;
    this.torn += other.torn;
    this.zeroFilled += other.zeroFilled;
    this.duringOpen += other.duringOpen;
    this.duringCompaction += other.duringCompaction;
    this.acknowledgements += other.acknowledgements;
    this.lateAcknowledgements += other.lateAcknowledgements;
    this.lostLate += other.lostLate;
    this.refused += other.refused;
  }

  get damaged(): number {
    return this.torn + this.zeroFilled;
  }

  get text(): string {
    const { cycles, torn, zeroFilled, acknowledgements, lateAcknowledgements, lostLate } = this;
    const moments = `${this.duringOpen} during a repair, ${this.duringCompaction} during a compaction`;
    const clean = cycles - torn - zeroFilled;
    const tails = `${torn} torn, ${zeroFilled} zero-filled, ${clean} clean tails`;
    const late = `${lateAcknowledgements} more came too late to count (not kept in ${lostLate} cuts)`;
    const refused = this.refused === 0 ? "" : `; ${this.refused} disks that the file system would not mount`;
    return `${cycles} cuts (${moments}): ${tails}; ${acknowledgements} acknowledgements checked, ${late}${refused}`;
  }
}
