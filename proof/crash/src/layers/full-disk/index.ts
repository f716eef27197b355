import type { Layer, LayerResult, LayerTask, Violation } from "../../laboratory/layer.js";
import { missingForMounts } from "../power-cut/machine/requirements.js";
import { Scratch } from "../power-cut/machine/scratch.js";
import { Tool } from "../power-cut/machine/tool.js";
import { STEP_FAILED, Story } from "../power-cut/story.js";
import {
  compactionCases,
  type DiskSource,
  type FullDiskCase,
  lyingCases,
  noSpaceCases,
  publicationCases,
  sizeLimitCases,
} from "./cases.js";
import { mountSmallDisk } from "./small-disk.js";

/** Disks that are full from any byte around a rotation on. */
export const fullDiskLayer: Layer = {
  name: "L4 full disk",
  missing: missingForMounts,
  run: async (task) => {
    const scratch = new Scratch(SCRATCH_BYTES_MAX);
    const limits = new Tool("file_size_limit.py");
    try {
      const mountPoint = scratch.mountPoint("small");
      mountSmallDisk(mountPoint);
      return await new FullDisks(task, { scratch, limits, mountPoint }).run();
    } finally {
      await limits.close();
      scratch.remove();
    }
  },
};

const SCRATCH_BYTES_MAX = 64 * 1024 * 1024;

class FullDisks {
  readonly #task: LayerTask;
  readonly #source: DiskSource;
  /** How often each came, by the disk's name. */
  readonly #outcomes = new Map<string, Map<string, number>>();
  readonly #violations: Violation[] = [];

  constructor(task: LayerTask, source: DiskSource) {
    this.#task = task;
    this.#source = source;
  }

  async run(): Promise<LayerResult> {
    const mine = this.#mine();
    let cases = 0;
    for (const fullDiskCase of mine) {
      const violation = await this.#run(fullDiskCase);
      cases++;
      if (violation) this.#violations.push(violation);
      if (violation && this.#task.stopsAtFirst) break;
    }
    const facts = [...this.#outcomes].sort().map(([disk, outcomes]) => `${disk}: ${tellCounts(outcomes)}`);
    if (this.#task.case === undefined && this.#violations.length === 0)
      facts.push(await this.#requireLiarsCaught());
    return { cases, violations: this.#violations, facts };
  }

  #mine(): FullDiskCase[] {
    const { slice, case: id } = this.#task;
    const all = [...sizeLimitCases(), ...noSpaceCases(), ...publicationCases(), ...compactionCases()];
    if (id === undefined) return all.filter((_, index) => index % slice.count === slice.index);
    const found = [...all, ...lyingCases()].filter((candidate) => candidate.id === id);
    if (found.length === 0) throw new RangeError(`case expected one such as ${all[0]!.id}, got ${id}`);
    return found;
  }

  async #run({ id, plan, disk: diskOf, run }: FullDiskCase): Promise<Violation | undefined> {
    const disk = diskOf(this.#source);
    try {
      this.#count(disk.name, await run(disk));
      return undefined;
    } catch (error) {
      const story = new Story(id);
      story.tell(`a disk that says ${disk.errnos} when it is full, and`, plan);
      return story.violation(id, error);
    } finally {
      await disk.makeRoom();
    }
  }

  #count(diskName: string, outcome: string): void {
    const counts = this.#outcomes.get(diskName) ?? new Map<string, number>();
    this.#outcomes.set(diskName, counts.set(outcome, (counts.get(outcome) ?? 0) + 1));
  }

  /** A disk that hides that a write was short must be found out, or the judge is asleep. */
  async #requireLiarsCaught(): Promise<string> {
    const caught: string[] = [];
    for (const lyingCase of lyingCases()) {
      const violation = await this.#run(lyingCase);
      if (violation && violation.sentence !== STEP_FAILED)
        caught.push(`${lyingCase.id} (${violation.sentence})`);
      else
        this.#violations.push({
          sentence: "a disk that hides short writes is caught",
          case: lyingCase.id,
          story: violation?.story ?? "it was not",
        });
    }
    return `caught: ${caught.join(", ")}`;
  }
}

function tellCounts(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .sort()
    .map(([outcome, count]) => `${outcome} (${count})`)
    .join("; ");
}
