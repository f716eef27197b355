import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isDurable } from "@datawal/oracle";
import type { Violation } from "../../laboratory/layer.js";
import { type CyclePlan, drawContents, drawCycle } from "./cycle-plan.js";
import type { FileSystemCase } from "./disk/file-systems.js";
import type { Cut, PoweredDisk } from "./disk/powered-disk.js";
import { provoke } from "./disk/provocation.js";
import { inspect, judge } from "./judge.js";
import { Child, type ChildProgram } from "./machine/child-program.js";
import { FileSystemRefused } from "./machine/scratch.js";
import { SeededRandom } from "./machine/seeded-random.js";
import { judgePublications } from "./publications.js";
import { StoreHistory } from "./store-history.js";
import { Story } from "./story.js";
import { type Tail, tailOf } from "./tail.js";
import type { Port, WriterOrder } from "./writer/order.js";
import type { Contents } from "./writer/record-stream.js";
import { readTestimony, type Statement } from "./writer/testimony.js";

/** Power cuts in the life of one store. */
export const CYCLES_PER_LIFE = 5;

/** One power cut, as it is counted. */
export interface CycleFacts {
  tail: Tail;
  /** Acknowledgements given before the cut, each of which was checked. */
  acknowledgements: number;
  /** Given after the cut had begun, and not counted upon. */
  lateAcknowledgements: number;
  /** Whether one of these was not kept. */
  hasLostLate: boolean;
  /** Whether the cut came before the store was open again, while a torn tail was being repaired. */
  isDuringOpen: boolean;
  /** Whether a compaction in place was under way. */
  isDuringCompaction: boolean;
}

/** Everything that one life of a store needs. */
export interface LifeSetting {
  disk: PoweredDisk;
  fileSystem: FileSystemCase;
  /** Outside of the disk. */
  testimony: string;
  writer: ChildProgram;
  port: Port;
  /** The seed's and the life's own numbers. */
  seeds: readonly number[];
  /** What `--case` takes. */
  name: string;
}

/** A store that is written, cut off, opened, judged and written on, up to five times or until a sentence breaks. */
export class Life {
  readonly cycles: CycleFacts[] = [];
  /** Whether it ended since the file system would not mount the disk again. */
  isRefused = false;
  readonly #setting: LifeSetting;
  readonly #random: SeededRandom;
  readonly #contents: Contents;
  readonly #store: string;
  readonly #history = new StoreHistory();
  #story: Story;

  constructor(setting: LifeSetting) {
    this.#setting = setting;
    this.#random = new SeededRandom(...setting.seeds);
    this.#contents = NEEDS_COMPACTED.has(setting.port) ? "compacted" : drawContents(this.#random);
    // Below a directory that does not exist yet, whose name must last as well.
    this.#store = join(setting.disk.mountPoint, "stores/store");
    this.#story = this.#newStory();
  }

  /** @returns the violation that ended it, if one did. */
  async run(): Promise<Violation | undefined> {
    let isRepair = false;
    for (let cycle = 1; cycle <= CYCLES_PER_LIFE; cycle++) {
      this.#story = this.#newStory();
      this.#story.tell(`cycle ${cycle} of ${CYCLES_PER_LIFE}, ${this.#contents} records`);
      try {
        isRepair = await this.#cycle(cycle, isRepair);
      } catch (error) {
        if (error instanceof FileSystemRefused) {
          this.isRefused = true;
          return undefined;
        }
        return this.#story.violation(this.#setting.name, error);
      }
    }
    return undefined;
  }

  #newStory(): Story {
    const { name, fileSystem, seeds } = this.#setting;
    return new Story(`${name} on ${fileSystem.type} (${fileSystem.mountOptions}), seeds ${seeds.join()}`);
  }

  /** @returns whether a torn tail was left to the next writer. */
  async #cycle(cycle: number, isRepair: boolean): Promise<boolean> {
    const { disk, fileSystem } = this.#setting;
    const plan = drawCycle(this.#random, { contents: this.#contents, sizes: fileSystem.sizes, isRepair });
    const publishTo = this.#contents === "raw" ? undefined : join(disk.mountPoint, `published-${cycle}`);
    const { before, all } = await this.#writeUntilCut(plan, publishTo);
    this.#history.take({ ...plan.writing, contents: this.#contents }, before, all);
    this.#story.tell(`acknowledged ${this.#history.acknowledged} records`);
    if (!existsSync(this.#store)) isDurable([], this.#history.acknowledged);
    const verification = inspect(this.#store);
    const tail = tailOf(verification);
    const { segments, damages } = verification;
    this.#story.tell(
      `found a ${tail} tail, ${segments.length} segments, at last`,
      segments.slice(-2),
      damages,
    );
    this.#count({ tail, before, all, isRepair, found: verification.report.recordsReplayed });
    if (publishTo !== undefined) judgePublications(publishTo, before, all, this.#history);
    if (tail !== "clean" && plan.leavesRepair && cycle < CYCLES_PER_LIFE) return true;
    this.#story.tell("opened", judge(this.#store, this.#contents, this.#history));
    return false;
  }

  async #writeUntilCut(plan: CyclePlan, publishTo: string | undefined) {
    const { disk, fileSystem, writer, testimony, port } = this.#setting;
    rmSync(testimony, { force: true });
    const { sizes, ...writing } = plan.writing;
    const stream = { seed: writing.seed, contents: this.#contents, sizes };
    const order: WriterOrder = { ...writing, store: this.#store, testimony, stream, publishTo, port };
    const child = new Child(writer, order);
    const provocations = provoke(this.#random.pick(fileSystem.provocations), {
      mountPoint: disk.mountPoint,
      store: this.#store,
      writtenShare: plan.writtenShare,
    });
    const cut: Omit<Cut, "writer"> = {
      testimony,
      moment: plan.moment,
      provocations,
      seed: this.#random.below(2 ** 31),
      keptShare: plan.keptShare,
    };
    this.#story.tell("a writer", order, "is cut off by", fileSystem.means, cut);
    const bytesSaid = await disk.cutPower({ ...cut, writer: child.process.pid! });
    await child.kill();
    await disk.restorePower();
    const all = existsSync(testimony) ? readTestimony(testimony) : [];
    const before = bytesSaid === undefined ? all : readTestimony(testimony, bytesSaid);
    this.#story.tell("it said before the cut", ...before.slice(-3));
    const failure = before.find(({ kind }) => kind === "failed");
    if (bytesSaid === undefined || failure) throw new WriterFailed(failure, child.errors);
    return { before, all };
  }

  #count({ tail, before, all, isRepair, found }: Outcome): void {
    const acknowledgements = before.filter(isAcknowledgement).length;
    const last = Math.max(0, ...all.map((said) => (said.kind === "durable" ? said.records : 0)));
    this.cycles.push({
      tail,
      acknowledgements,
      lateAcknowledgements: all.filter(isAcknowledgement).length - acknowledgements,
      // The records of a compacted store are no measure.
      hasLostLate: this.#contents !== "compacted" && found < last,
      isDuringOpen: isRepair && acknowledgements === 0,
      isDuringCompaction: before.findLast(({ kind }) => kind.startsWith("compact"))?.kind === "compacting",
    });
  }
}

const NEEDS_COMPACTED: ReadonlySet<Port> = new Set<Port>(["copies-not-synced", "torn-groups"]);

interface Outcome {
  tail: Tail;
  before: readonly Statement[];
  all: readonly Statement[];
  isRepair: boolean;
  /** Records. */
  found: number;
}

class WriterFailed extends Error {
  constructor(failure: object | undefined, errors: string) {
    super(`the writer failed before the cut: ${JSON.stringify(failure)} ${errors}`);
  }
}

function isAcknowledgement({ kind }: Statement): boolean {
  return kind === "durable" || kind === "published";
}
