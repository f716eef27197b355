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

export interface Programs {
  writer: ChildProgram;
  /** Of the port `copies-not-synced`. */
  flawedWriter: ChildProgram;
}

/** Cuts the power in the lives of many stores, and makes sure that the cuts did damage and the judge was awake. */
export class PowerCuts {
  readonly #task: LayerTask;
  readonly #rack: DiskRack;
  readonly #programs: Programs;
  readonly #tallies = new Map<string, Tally>();
  readonly #violations: Violation[] = [];
  readonly #facts: string[] = [];

  constructor(task: LayerTask, rack: DiskRack, programs: Programs) {
    this.#task = task;
    this.#rack = rack;
    this.#programs = programs;
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
    const { writer, flawedWriter } = this.#programs;
    const disk = await this.#rack.freshDisk(fileSystem);
    try {
      const lived = new Life({
        disk,
        fileSystem,
        port,
        writer: port === "copies-not-synced" ? flawedWriter : writer,
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
    const { cycles, damaged, duringCompaction } = total;
    const isEnough = damaged * count >= DAMAGED_MIN && duringCompaction * count >= COMPACTING_MIN;
    if (cycles * count >= CYCLES_MIN && isEnough) return;
    this.#violations.push({
      sentence: `at least ${CYCLES_MIN} power cuts, ${DAMAGED_MIN} with a torn or zero-filled tail, ${COMPACTING_MIN} during a compaction`,
      case: WHOLE_RUN,
      story: `1 of ${count} slices: ${total.text}`,
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

  /**
   * A disk whose fsync does nothing must be found out on each file system, and on one a compaction that removes what it
   * has not moved, and a group that is none, or the judge is asleep.
   */
  async #requireLiarsCaught(): Promise<void> {
    const { slice } = this.#task;
    const all = [
      ...FILE_SYSTEM_CASES.map((fileSystem) => ({ fileSystem, port: "no-fsync" as const })),
      { fileSystem: fileSystemNamed("ext4"), port: "copies-not-synced" as const },
      { fileSystem: fileSystemNamed("xfs"), port: "torn-groups" as const },
    ];
    for (const liar of all.filter((_, index) => index % slice.count === slice.index)) {
      const name = lifeName({ ...liar, life: 0 });
      const caught = await this.#catchLiar(liar);
      if (caught) this.#facts.push(`${name}: caught, ${caught}`);
      else
        this.#violations.push({
          sentence: `a writer with the fault ${liar.port} is caught`,
          case: name,
          story: `it was not, in ${LIARS_MAX} lives of ${CYCLES_PER_LIFE} power cuts`,
        });
    }
  }

  /** @returns which sentence was broken, and when. */
  async #catchLiar(liar: Pick<LifeCase, "fileSystem" | "port">): Promise<string | undefined> {
    const tally = new Tally();
    for (let life = 0; life < LIARS_MAX; life++) {
      const violation = await this.#live({ ...liar, life }, tally);
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

function fileSystemNamed(name: string): FileSystemCase {
  return FILE_SYSTEM_CASES.find((fileSystem) => fileSystem.name === name)!;
}

const CYCLES_MIN = 200;
const DAMAGED_MIN = 60;
const COMPACTING_MIN = 10;
/** Lives that a liar gets to be caught in. */
const LIARS_MAX = 6;
