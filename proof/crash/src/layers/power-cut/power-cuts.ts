import { release } from "node:os";
import { join } from "node:path";
import type { LayerResult, LayerTask, Violation } from "../../laboratory/layer.js";
import type { DiskRack } from "./disk/disk-rack.js";
import { FILE_SYSTEM_CASES, type FileSystemCase } from "./disk/file-systems.js";
import { CYCLES_PER_LIFE, Life } from "./life.js";
import { isWholeRun, type LifeCase, lifeCases, lifeName, WHOLE_RUN } from "./life-case.js";
import type { ChildProgram } from "./machine/child-program.js";
import { REFUSED_ONE_IN } from "./machine/scratch.js";
import { measureSyncFacts, SYNC_FACTS_CASE } from "./measure-sync-facts.js";
import { STEP_FAILED } from "./story.js";
import { SYNC_FACTS } from "./sync-facts.js";
import { Tally } from "./tally.js";

/** Cuts the power in the lives of many stores, and makes sure that the cuts did damage and the judge was awake. */
export class PowerCuts {
  readonly #task: LayerTask;
  readonly #rack: DiskRack;
  readonly #writer: ChildProgram;
  readonly #tallies = new Map<string, Tally>();
  readonly #violations: Violation[] = [];
  readonly #facts: string[] = [];

  constructor(task: LayerTask, rack: DiskRack, writer: ChildProgram) {
    this.#task = task;
    this.#rack = rack;
    this.#writer = writer;
  }

  async run(): Promise<LayerResult> {
    if (this.#task.case === SYNC_FACTS_CASE) {
      await this.#measureSyncFacts();
      return { cases: SYNC_FACTS.length, violations: this.#violations, facts: this.#facts };
    }
    for (const lifeCase of lifeCases(this.#task)) {
      const violation = await this.#live(lifeCase, this.#tallyOf(lifeCase.fileSystem));
      if (violation) this.#violations.push(violation);
      if (violation && this.#task.stopsAtFirst) break;
    }
    const total = this.#sum();
    if (isWholeRun(this.#task) && this.#violations.length === 0) {
      this.#requireDamage(total);
      this.#requireMountable(total);
      await this.#requireLiarsCaught();
      if (this.#task.slice.index === 0) await this.#measureSyncFacts();
    }
    return { cases: total.cycles, violations: this.#violations, facts: this.#facts };
  }

  /** One life of a store, from a fresh file system on. @returns the violation that ended it, if one did. */
  async #live(lifeCase: LifeCase, tally: Tally): Promise<Violation | undefined> {
    const { fileSystem, life, port } = lifeCase;
    const disk = await this.#rack.freshDisk(fileSystem);
    try {
      const lived = new Life({
        disk,
        fileSystem,
        port,
        writer: this.#writer,
        testimony: join(this.#rack.scratch.directory, "testimony"),
        seeds: [this.#task.seed, life],
        name: lifeName(lifeCase),
      });
      const violation = await lived.run();
      for (const facts of lived.cycles) tally.add(facts);
      if (lived.isRefused) tally.refused++;
      return violation;
    } finally {
      await disk.remove();
    }
  }

  #tallyOf({ name }: FileSystemCase): Tally {
    const tally = this.#tallies.get(name) ?? new Tally();
    this.#tallies.set(name, tally);
    return tally;
  }

  #sum(): Tally {
    const total = new Tally();
    for (const [name, tally] of this.#tallies) {
      this.#facts.push(`${name}: ${tally.text}`);
      total.addAll(tally);
    }
    this.#facts.push(`all, on Linux ${release()}: ${total.text}`);
    return total;
  }

  /** Cuts that damage nothing prove nothing. */
  #requireDamage(total: Tally): void {
    const { count } = this.#task.slice;
    if (total.cycles * count >= CYCLES_MIN && total.damaged * count >= DAMAGED_MIN) return;
    this.#violations.push({
      sentence: `at least ${CYCLES_MIN} power cuts, ${DAMAGED_MIN} of them with a torn or zero-filled tail`,
      case: WHOLE_RUN,
      story: `1 of ${count} slices made ${total.cycles} power cuts and saw ${total.damaged} damaged tails`,
    });
  }

  /** A disk that is not mounted shows nothing of a store. */
  #requireMountable({ refused, cycles }: Tally): void {
    if (refused <= Math.max(1, cycles / REFUSED_ONE_IN)) return;
    this.#violations.push({
      sentence: `at most one disk in ${REFUSED_ONE_IN} that the file system does not mount`,
      case: WHOLE_RUN,
      story: `${refused} disks of ${cycles} cuts`,
    });
  }

  /** A disk whose fsync does nothing must be found out on each file system, or the judge is asleep. */
  async #requireLiarsCaught(): Promise<void> {
    const { slice } = this.#task;
    const mine = FILE_SYSTEM_CASES.filter((_, index) => index % slice.count === slice.index);
    for (const fileSystem of mine) {
      const name = lifeName({ fileSystem, life: 0, port: "no-fsync" });
      const caught = await this.#catchLiar(fileSystem);
      if (caught) this.#facts.push(`${name}: caught, ${caught}`);
      else
        this.#violations.push({
          sentence: "a disk whose fsync does nothing is caught",
          case: name,
          story: `it was not, in ${LIARS_MAX} lives of ${CYCLES_PER_LIFE} power cuts`,
        });
    }
  }

  /** @returns which sentence was broken, and when. */
  async #catchLiar(fileSystem: FileSystemCase): Promise<string | undefined> {
    const tally = new Tally();
    for (let life = 0; life < LIARS_MAX; life++) {
      const violation = await this.#live({ fileSystem, life, port: "no-fsync" }, tally);
      if (violation && violation.sentence !== STEP_FAILED)
        return `${violation.sentence}, within ${tally.cycles + 1} power cuts`;
    }
    return undefined;
  }

  async #measureSyncFacts(): Promise<void> {
    const { facts, violations } = await measureSyncFacts(this.#rack);
    this.#facts.push(...facts);
    this.#violations.push(...violations);
  }
}

const CYCLES_MIN = 200;
const DAMAGED_MIN = 60;
/** Lives that a liar gets to be caught in. */
const LIARS_MAX = 3;
