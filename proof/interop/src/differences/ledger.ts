import type { DeviationId } from "./deviations.js";

/** Counts the differences of a section: those that the list permits, by their ids, and those that it does not. */
export class Ledger {
  readonly listed = new Map<DeviationId, number>();
  /** What is wrong, as texts; one is enough to fail the run. */
  readonly failures: string[] = [];

  /** A difference that the list permits was seen. */
  note(id: DeviationId): void {
    this.listed.set(id, (this.listed.get(id) ?? 0) + 1);
  }

  /** A difference that the list does not permit, or a demand that was not met. */
  fail(text: string): void {
    this.failures.push(text);
  }
}
