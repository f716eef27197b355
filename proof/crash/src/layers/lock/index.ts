import { OracleViolation } from "@datawal/oracle";
import type { Layer, LayerResult, LayerTask, Violation } from "../../laboratory/layer.js";
import { BrokenDemand } from "../kill/traced-child/broken-demand.js";
import { createWorkshop } from "../kill/traced-child/place.js";
import { HOLDERS } from "./cases/holders.js";
import { LOCK_FILES } from "./cases/lock-files.js";
import { contendCompacting, RACES, race } from "./cases/races.js";
import { READ_ONLY } from "./cases/read-only.js";
import { REPLACED } from "./cases/replacements.js";
import { RUNG_CASES } from "./cases/rung-cases.js";
import { WORKERS } from "./cases/workers.js";
import { Bench, type LockCase } from "./lock-case.js";
import { HAS_O_EXLOCK, Rungs } from "./rungs.js";

const CASES: readonly LockCase[] = [
  ...RACES,
  ...HOLDERS,
  ...LOCK_FILES,
  ...REPLACED,
  ...RUNG_CASES,
  ...WORKERS,
  ...READ_ONLY,
];

/** L6: who may write a store, and who is told that they may not; a case is one attempt. */
export const lockLayer: Layer = {
  name: "L6 lock",
  missing: () => (process.platform === "win32" ? "flock(2) is for POSIX systems" : undefined),
  run: async (task) => {
    using rungs = await Rungs.create();
    using workshop = createWorkshop("lock");
    return await new LockRun(rungs, new Bench(rungs, workshop), task).run();
  },
};

class LockRun {
  readonly #rungs: Rungs;
  readonly #bench: Bench;
  readonly #task: LayerTask;
  readonly #violations: Violation[] = [];
  readonly #facts: string[] = [];
  #attempts = 0;

  constructor(rungs: Rungs, bench: Bench, task: LayerTask) {
    this.#rungs = rungs;
    this.#bench = bench;
    this.#task = task;
  }

  async run(): Promise<LayerResult> {
    if (this.#task.slice.index === 0) {
      if (!HAS_O_EXLOCK) this.#facts.push(`O_EXLOCK: not run on this platform (${process.platform})`);
      await this.#noticeLiar();
    }
    for (const lockCase of this.#cases()) {
      if (this.#task.stopsAtFirst && this.#violations.length > 0) break;
      await this.#runCase(lockCase);
    }
    return { cases: this.#attempts, violations: this.#violations, facts: this.#facts };
  }

  #cases(): LockCase[] {
    const { case: only, slice } = this.#task;
    if (only === undefined) return CASES.filter((_, index) => index % slice.count === slice.index);
    const found = CASES.filter(({ name }) => name === only);
    if (found.length === 0)
      throw new Error(`expected one of ${CASES.map(({ name }) => name).join(", ")}; got ${only}`);
    return found;
  }

  async #runCase({ name, rungs, run }: LockCase): Promise<void> {
    const reasons = rungs.flatMap((rung) => this.#rungs.missing(rung) ?? []);
    if (reasons.length > 0) {
      this.#facts.push(`not run, since ${reasons[0]}: ${name}`);
      return;
    }
    try {
      this.#attempts += await run(this.#bench);
    } catch (error) {
      if (!(error instanceof OracleViolation || error instanceof BrokenDemand)) throw error;
      const sentence = error instanceof OracleViolation ? error.sentence : error.demand;
      this.#violations.push({ sentence, case: name, story: `${name}\nbroke: ${error.message}` });
    }
  }

  /** A lock that keeps nobody out: a contest that passes it would pass anything. */
  async #noticeLiar(): Promise<void> {
    if (this.#rungs.missing("fs-ext") !== undefined && this.#rungs.missing("flock") !== undefined) return;
    const rung = this.#rungs.missing("fs-ext") === undefined ? "fs-ext" : "flock";
    await this.#notice("a race", () => race(this.#bench, [rung, rung], true));
    await this.#notice("compactions", () => contendCompacting(this.#bench, [rung, rung], true));
  }

  async #notice(where: string, contest: () => Promise<unknown>): Promise<void> {
    const fact = `planted in ${where}: a lock that keeps nobody out`;
    try {
      await contest();
    } catch (error) {
      if (!(error instanceof OracleViolation || error instanceof BrokenDemand)) throw error;
      this.#facts.push(`${fact} breaks ${error.message}`);
      return;
    }
    const story = `${fact}; the layer did not notice it`;
    this.#violations.push({ sentence: "the layer can fail", case: "planted", story });
  }
}
