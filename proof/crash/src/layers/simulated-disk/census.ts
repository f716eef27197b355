/** The end of a class's name. */
export const BY_CHECKPOINT = ", by a checkpoint";

/** Counts the states that were judged, and tells those apart that were not seen yet. */
export class Census {
  cases = 0;
  /** Hashes of the distinct images. */
  readonly images = new Set<number>();
  /** New images by scenario: one is gone over more than once. */
  readonly #scenarios = new Map<string, number>();
  #scenario = "";
  #cutInGroup = 0;
  /** New images by class: where the power was cut, and what recovery did. */
  readonly #classes = new Map<string, number>();
  #seen = new Map<string, Set<number>>();

  /** Whether this image was not yet judged by the same demands. */
  isNew(hash: number, demands: string): boolean {
    let hashes = this.#seen.get(demands);
    if (!hashes) {
      hashes = new Set();
      this.#seen.set(demands, hashes);
    }
    if (hashes.has(hash)) return false;
    hashes.add(hash);
    return true;
  }

  /** Counts an image that was judged. @param isCutInGroup Whether it has some of a group's bytes, and not all. */
  count(hash: number, className: string, isCutInGroup: boolean): void {
    this.cases++;
    if (this.images.has(hash)) return;
    this.images.add(hash);
    if (isCutInGroup) this.#cutInGroup++;
    this.#scenarios.set(this.#scenario, this.scenarioCount + 1);
    this.#classes.set(className, (this.#classes.get(className) ?? 0) + 1);
  }

  /** New images of the scenario at hand. */
  get scenarioCount(): number {
    return this.#scenarios.get(this.#scenario) ?? 0;
  }

  beginScenario(name: string): void {
    this.#scenario = name;
    // Demands name every record that was appended: but for their first steps, scenarios hardly share them.
    if (this.#seen.size > DEMANDS_KEPT) this.#seen.clear();
  }

  get classes(): Record<string, number> {
    return Object.fromEntries(this.#classes);
  }

  facts(): string[] {
    const byCheckpoint = [...this.#classes].filter(([name]) => name.endsWith(BY_CHECKPOINT));
    return [
      ...(byCheckpoint.length > 0
        ? [
            `${byCheckpoint.reduce((sum, [, count]) => sum + count, 0)} distinct states were opened by a checkpoint`,
          ]
        : []),
      `${this.#cutInGroup} distinct states were cut inside a group`,
      `no sequence of operations has more than ${Math.max(...this.#scenarios.values())} of the ${this.images.size} of its slice`,
    ];
  }
}

const DEMANDS_KEPT = 20_000;
