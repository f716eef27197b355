import type { Recovery } from "./judge.js";

/** So many are kept: the same image comes again soon, while the same records wait for their sync, or never. */
const RECOVERIES_KEPT = 20_000;

/** What the opens of the latest images showed, by the images' hashes. */
export class Recoveries {
  #newer = new Map<number, Recovery>();
  #older = new Map<number, Recovery>();

  get(hash: number): Recovery | undefined {
    return this.#newer.get(hash) ?? this.#older.get(hash);
  }

  set(hash: number, recovery: Recovery): void {
    if (this.#newer.size >= RECOVERIES_KEPT / 2) {
      this.#older = this.#newer;
      this.#newer = new Map();
    }
    this.#newer.set(hash, recovery);
  }
}
