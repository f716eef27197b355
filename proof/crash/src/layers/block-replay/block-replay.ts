import { release } from "node:os";
import { join } from "node:path";
import { nodeFileSystem } from "@datawal/safeatomic";
import type { LayerResult, LayerTask, Violation } from "../../laboratory/layer.js";
import type { DiskRack } from "../power-cut/disk/disk-rack.js";
import { FileSystemRefused, REFUSED_ONE_IN } from "../power-cut/machine/scratch.js";
import { SeededRandom } from "../power-cut/machine/seeded-random.js";
import { STEP_FAILED, Story } from "../power-cut/story.js";
import { type Finding, judgeState } from "./judge-state.js";
import { omittingSync } from "./omitted-sync.js";
import { placeOn } from "./place.js";
import { LOSSES, type Loss } from "./recorded-disk.js";
import { onMounted, type Recording, record } from "./recording.js";
import { parseReplayCase, type ReplayCase, replayCases, replayName } from "./replay-case.js";
import { REPLAY_FILE_SYSTEMS, type ReplayFileSystem } from "./replay-file-systems.js";
import { appendFsync } from "./workloads/appending.js";

/** Records workloads block by block, and judges what a power cut at each flush, and between, would have left. */
export class BlockReplay {
  readonly #task: LayerTask;
  readonly #rack: DiskRack;
  readonly #violations: Violation[] = [];
  readonly #facts: string[] = [];
  #states = 0;

  constructor(task: LayerTask, rack: DiskRack) {
    this.#task = task;
    this.#rack = rack;
  }

  async run(): Promise<LayerResult> {
    const { case: only, slice } = this.#task;
    const mine = REPLAY_FILE_SYSTEMS.filter((_, index) => index % slice.count === slice.index);
    if (only !== undefined) await this.#replayOne(parseReplayCase(only));
    else for (const fileSystem of mine) await this.#replayAll(fileSystem);
    return { cases: this.#states, violations: this.#violations, facts: this.#facts };
  }

  async #replayOne(replayCase: ReplayCase): Promise<void> {
    const figures = new Figures();
    const violation = await this.#replay(replayCase, figures);
    if (violation) this.#violations.push(violation);
    this.#states += figures.states;
  }

  async #replayAll(fileSystem: ReplayFileSystem): Promise<void> {
    const figures = new Figures();
    for (const replayCase of replayCases(fileSystem)) {
      const violation = await this.#replay(replayCase, figures);
      if (violation) this.#violations.push(violation);
      if (violation && this.#task.stopsAtFirst) return;
    }
    this.#states += figures.states;
    const name = `${fileSystem.type} (${fileSystem.mountOptions})`;
    this.#facts.push(`${name}, Linux ${release()}: ${figures.text}`);
    const statesMin = fileSystem.statesMin[this.#task.length];
    if (this.#violations.length === 0 && figures.states < statesMin)
      this.#violations.push({
        sentence: `at least ${statesMin} states`,
        case: fileSystem.type,
        story: `on ${name} there were ${figures.states}`,
      });
    if (figures.refused > Math.max(1, figures.states / REFUSED_ONE_IN))
      this.#violations.push({
        sentence: `at most one state in ${REFUSED_ONE_IN} that the file system does not mount`,
        case: fileSystem.type,
        story: `on ${name} there were ${figures.refused}, and ${figures.states} that it does`,
      });
    await this.#requireOmissionCaught(fileSystem);
  }

  /** A writer one of whose syncs does nothing must be found out, or the judge is asleep. */
  async #requireOmissionCaught(fileSystem: ReplayFileSystem): Promise<void> {
    const canary: ReplayCase = { fileSystem, workload: appendFsync, omitted: OMITTED_SYNC };
    const violation = await this.#replay(canary, new Figures());
    const isCaught = violation !== undefined && violation.sentence !== STEP_FAILED;
    if (isCaught) this.#facts.push(`${replayName(canary)}: caught, ${violation.sentence}`);
    else
      this.#violations.push({
        sentence: "a writer that omits one fsync is caught",
        case: replayName(canary),
        story: violation?.story ?? "it was not",
      });
  }

  /** Records a workload and judges its states, until one breaks a sentence. */
  async #replay(replayCase: ReplayCase, figures: Figures): Promise<Violation | undefined> {
    const { fileSystem, workload, omitted } = replayCase;
    const name = replayName(replayCase);
    const story = new Story(`${name} on ${fileSystem.type} (${fileSystem.mountOptions})`);
    try {
      const port = omitted === undefined ? nodeFileSystem : omittingSync(omitted);
      const { seed } = this.#task;
      const recording = await record(workload, fileSystem, { rack: this.#rack, seed, port });
      try {
        await this.#judgeStates(replayCase, recording, story, figures);
      } finally {
        await recording.disk.close();
      }
      return undefined;
    } catch (error) {
      return story.violation(name, error);
    }
  }

  async #judgeStates(
    { fileSystem, workload }: ReplayCase,
    { disk, ledger, published }: Recording,
    story: Story,
    figures: Figures,
  ): Promise<void> {
    const image = join(this.#rack.scratch.directory, "replayed.img");
    const mountPoint = this.#rack.scratch.mountPoint("mounted");
    const random = new SeededRandom(this.#task.seed);
    const sectors = await disk.sectors();
    for (const [epoch, written] of sectors.entries()) {
      // Without a write the next epoch begins with the same image, and has more to ask of it.
      if (written === 0 && epoch < sectors.length - 1) continue;
      const seen = new Set<string>();
      for (const loss of this.#losses(fileSystem, written, random)) {
        const kept = await disk.build(epoch, loss, random.below(2 ** 31), image);
        if (seen.has(kept)) continue;
        seen.add(kept);
        const place = placeOn(mountPoint, nodeFileSystem);
        const state = { ledger, published, tail: workload.tail };
        try {
          figures.add(await onMounted(fileSystem, image, mountPoint, () => judgeState(place, epoch, state)));
        } catch (error) {
          if (error instanceof FileSystemRefused) {
            figures.refused++;
            continue;
          }
          story.tell(
            `epoch ${epoch} of ${sectors.length}, of its ${written} sectors lost: ${loss} (${kept})`,
          );
          story.tell(ledger.story(epoch));
          throw error;
        }
      }
    }
  }

  /** All of an epoch's sectors first: a flush boundary, at which everything is due that was told until the next. */
  #losses(fileSystem: ReplayFileSystem, written: number, random: SeededRandom): Loss[] {
    const subsets = fileSystem.subsets[this.#task.length];
    const length = written < 2 ? 0 : Math.floor(subsets + random.below(100) / 100);
    return ["all", ...Array.from({ length }, () => random.pick(LOSSES.slice(1)))];
  }
}

/** The sync that the canary leaves out: the first that a caller waits for, behind that of the open. */
const OMITTED_SYNC = 2;

/** What the states of one file system have shown. */
class Figures {
  states = 0;
  /** Those that the file system itself would not mount. */
  refused = 0;
  readonly #findings = new Map<Finding, number>();

  add(findings: readonly Finding[]): void {
    this.states++;
    for (const finding of findings) this.#findings.set(finding, (this.#findings.get(finding) ?? 0) + 1);
  }

  get text(): string {
    const found = [...this.#findings].sort(([a], [b]) => (a < b ? -1 : 1));
    const refused = this.refused === 0 ? "" : ` (and ${this.refused} that it would not mount)`;
    return [
      `${this.states} states mounted${refused}`,
      ...found.map(([finding, count]) => `${finding} ${count}`),
    ].join(", ");
  }
}
