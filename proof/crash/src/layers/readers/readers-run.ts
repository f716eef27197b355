import { firstOnes } from "../../laboratory/first-ones.js";
import type { LayerResult, LayerTask, Violation } from "../../laboratory/layer.js";
import { seededRandom } from "../../laboratory/seeded-random.js";
import type { PlantedFault } from "../failing-calls/attempt.js";
import { allBesides, type Beside } from "./beside.js";
import { MovingDisk } from "./moving-disk.js";
import { parseSchedule, type Schedule, scheduleName } from "./schedule.js";
import { schedulesOf } from "./schedules.js";

/** How many moments are drawn for each pair of operations, besides those of which there is every one. */
const DRAWN = { ci: 120, nightly: 1500 };
/** Followers wait between two looks: so many wait together. */
const TOGETHER = 64;

/** One slice of the layer. */
export class ReadersRun {
  readonly #task: LayerTask;
  readonly #plant: PlantedFault;
  /** The first of each kind: more of them say no more, and each has a story. */
  readonly #violations = new Map<string, { first: Violation; count: number }>();
  readonly #ended = { shown: 0, refused: 0, "not begun": 0 };
  readonly #classes: Record<string, number> = {};

  constructor(task: LayerTask, plant: PlantedFault) {
    this.#task = task;
    this.#plant = plant;
  }

  async result(): Promise<LayerResult> {
    const running = new Set<Promise<void>>();
    for (const [beside, schedule] of this.#cases()) {
      const trying = this.#try(beside, schedule).finally(() => running.delete(trying));
      running.add(trying);
      if (running.size >= TOGETHER) await Promise.all(running);
      if (this.#task.stopsAtFirst && this.#violations.size > 0) break;
    }
    await Promise.all(running);
    const { shown, refused } = this.#ended;
    const kinds = [...this.#violations];
    return {
      cases: shown + refused,
      classes: this.#classes,
      violations: kinds.map(([, { first }]) => first),
      facts: [
        `${shown} showed one state of the store, ${refused} were told that they cannot`,
        ...kinds.map(([kind, { count }]) => `broken ${count} times: ${kind}`),
      ],
    };
  }

  async #try(beside: Beside, schedule: Schedule): Promise<void> {
    const error = await this.#errorOf(beside, schedule);
    if (error === undefined) return;
    const { sentence = "no error without a code" } = error as { sentence?: string };
    const kind = `${beside.name}: ${sentence}`;
    const known = this.#violations.get(kind);
    if (known) known.count++;
    else this.#violations.set(kind, { first: await this.#tell(beside, schedule, sentence), count: 1 });
  }

  /** Once more, with its story. */
  async #tell(beside: Beside, schedule: Schedule, sentence: string): Promise<Violation> {
    const name = `${beside.name}: ${scheduleName(schedule)}`;
    const story = [name];
    const error = await this.#errorOf(beside, schedule, story);
    const { facts, stack } = (error ?? {}) as { facts?: string; stack?: string };
    story.push(`broken: ${sentence}: ${facts ?? stack ?? "it held when it was tried again"}`);
    return { sentence, case: name, story: story.join("\n") };
  }

  async #errorOf({ name, history, attempt }: Beside, schedule: Schedule, story?: string[]): Promise<unknown> {
    try {
      const ended = attempt(
        new MovingDisk(history, schedule, { plant: this.#plant, ...(story && { story }) }),
      );
      this.#ended[await ended]++;
      this.#classes[name] = (this.#classes[name] ?? 0) + 1;
      return undefined;
    } catch (error) {
      return error;
    }
  }

  *#cases(): Generator<[Beside, Schedule]> {
    const { case: only, slice, seed, length, first } = this.#task;
    if (only !== undefined) {
      yield caseNamed(only);
      return;
    }
    const random = seededRandom(seed);
    let index = 0;
    for (const beside of firstOnes(first, allBesides()))
      for (const schedule of schedulesOf(beside.extent(), DRAWN[length], random))
        if (index++ % slice.count === slice.index) yield [beside, schedule];
  }
}

function caseNamed(name: string): [Beside, Schedule] {
  const [, pair, schedule = ""] = /^(.+): (\S+)$/.exec(name) ?? [];
  for (const beside of allBesides(pair ?? ""))
    if (beside.name === pair) return [beside, parseSchedule(schedule)];
  throw new RangeError(`expected a case such as "open beside swap: 0,17>5", got ${name}`);
}
