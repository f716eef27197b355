import { decodeGroupHead, type RecordType } from "@datawal/format";
import { OracleViolation } from "@datawal/oracle";
import type { CrashImage, SimulatedDisk } from "@datawal/safeatomic/testing";
import type { LayerTask, Violation } from "../../laboratory/layer.js";
import { seededRandom } from "../../laboratory/seeded-random.js";
import { judgeBesideGroup } from "./beside-group.js";
import { BY_CHECKPOINT, Census } from "./census.js";
import { continueAfterCrash } from "./continuation.js";
import { type CutBytes, cutBytes, isKept } from "./cut-bytes.js";
import type { Case } from "./find-case.js";
import { judgeRecords, judgeStore, type Recovery } from "./judge.js";
import { judgePublications, type Published, readPublished } from "./publications.js";
import { Recoveries } from "./recoveries.js";
import { runScenario } from "./run-scenario.js";
import { type Cut, tellStory } from "./story.js";
import type { Moment, World } from "./world.js";

/** How closely a scenario is looked at. */
export interface Depth {
  /** At most so many images of a moment. */
  imagesPerMoment: number;
  /** At most so many new images of a scenario. */
  imagesPerScenario: number;
  /** Where set, images are not judged but booted from, and the power is cut again: from one in so many. */
  again?: { oneIn: number; imagesPerMoment: number };
}

/** Cuts the power in every moment of scenarios, and asks the oracle about each state that may be left. */
export class Explorer {
  readonly census = new Census();
  readonly violations: Violation[] = [];
  readonly #task: LayerTask;
  readonly #random: () => number;
  #depth: Depth = { imagesPerMoment: 1, imagesPerScenario: 1 };
  readonly #recoveries = new Recoveries();

  constructor(task: LayerTask) {
    this.#task = task;
    this.#random = seededRandom(task.seed);
  }

  get isDone(): boolean {
    return this.violations.length >= (this.#task.stopsAtFirst ? 1 : VIOLATIONS_KEPT);
  }

  async explore(scenario: Case, depth: Depth): Promise<void> {
    this.#depth = depth;
    this.census.beginScenario(scenario.name);
    try {
      const rehearsal = await runScenario(scenario, () => {});
      const published = readPublished(rehearsal.disk, rehearsal.publications);
      await runScenario(scenario, (moment, world) => this.#cut(scenario, moment, world, published));
    } catch (error) {
      this.#note(scenario, [], error, scenario.name);
    }
  }

  #cut(scenario: Case, moment: Moment, world: World, published: Published): void {
    const { imagesPerMoment, imagesPerScenario, again } = this.#depth;
    const wanted = scenario.cuts?.[0];
    if (wanted && wanted.moment !== moment.index) return;
    const limit = wanted ? REPLAY_IMAGES : imagesPerMoment;
    const demands = demandsOf(world);
    for (const image of world.disk.crashImages({ limit, random: this.#random })) {
      if (this.isDone || this.census.scenarioCount >= imagesPerScenario) return;
      if (wanted && wanted.hash !== image.hash) continue;
      if (again && !wanted && image.hash % again.oneIn !== 0) continue;
      const cut = { moment, world, image };
      if (again) this.#cutAgain(scenario, cut);
      else if (this.census.isNew(image.hash, demands)) this.#judgeFirst(scenario, cut, published);
    }
  }

  #judgeFirst(scenario: Case, cut: CutMade, published: Published): void {
    const { moment, world, image } = cut;
    try {
      const disk = image.mount();
      judgePublications(disk, world.publications, published);
      const recovery = this.#judge(disk, world, image, (recovery) => {
        const cut = cutBytes(image.mount(), recovery.report);
        if (cut) isKept(disk, cut);
        judgeBesideGroup(image, recovery);
      });
      this.census.count(image.hash, className(moment, recovery), isCutInGroup(world, recovery));
    } catch (error) {
      this.#note(scenario, [cut], error, `${scenario.name}@${moment.index}#${image.hash}`);
    }
  }

  /**
   * What an open of an image shows depends on nothing else, so the same image is opened once for several histories.
   *
   * @param judgeMore Asked behind that open.
   */
  #judge(
    disk: SimulatedDisk,
    { histories, isSwapping }: World,
    image: CrashImage,
    judgeMore?: (recovery: Recovery) => void,
  ): Recovery | undefined {
    const known = this.#recoveries.get(image.hash);
    if (known) {
      judgeRecords(known.records, histories);
      return known;
    }
    const recovery = judgeStore(disk, histories, isSwapping, isSampled(image));
    if (!recovery) return undefined;
    judgeMore?.(recovery);
    this.#recoveries.set(image.hash, recovery);
    return recovery;
  }

  #cutAgain(scenario: Case, first: CutMade): void {
    const { moment, world, image } = first;
    // While one store is put in the place of another there are two histories, and no single way to go on.
    if (world.histories.length > 1) return;
    const id = `${scenario.name}@${moment.index}#${image.hash}`;
    try {
      const recovery = judgeStore(image.mount(), world.histories, false, false);
      if (!recovery) return;
      const cut = cutBytes(image.mount(), recovery.report);
      const onMoment = (moment: Moment, next: World) =>
        this.#cutSecond(scenario, { first, id, cut }, moment, next);
      continueAfterCrash(image.mount(), world.history.copy(), onMoment, scenario.options);
    } catch (error) {
      this.#note(scenario, [first], error, id);
    }
  }

  #cutSecond(scenario: Case, { first, id, cut }: FirstBoot, moment: Moment, world: World): void {
    const wanted = scenario.cuts?.[1];
    if (wanted && wanted.moment !== moment.index) return;
    const demands = demandsOf(world);
    const limit = wanted ? REPLAY_IMAGES : this.#depth.again!.imagesPerMoment;
    for (const image of world.disk.crashImages({ limit, random: this.#random })) {
      if (this.isDone) return;
      if (wanted ? wanted.hash !== image.hash : !this.census.isNew(image.hash, demands)) continue;
      try {
        const disk = image.mount();
        // What was cut may be kept by this open only: then it must be made.
        const recovery = cut
          ? judgeStore(disk, world.histories, false, isSampled(image))
          : this.#judge(disk, world, image);
        if (cut) isKept(disk, cut);
        this.census.count(image.hash, className(moment, recovery), isCutInGroup(world, recovery));
      } catch (error) {
        this.#note(scenario, [first, { moment, world, image }], error, `${id}@${moment.index}#${image.hash}`);
      }
    }
  }

  #note(scenario: Case, cuts: readonly CutMade[], error: unknown, id: string): void {
    const isBroken = error instanceof OracleViolation;
    const broken = isBroken || !(error instanceof Error) ? String(error) : error.stack;
    const story = tellStory(scenario.name, cuts.map(describeCut), broken!);
    this.violations.push({ sentence: isBroken ? error.sentence : "no unexpected error", case: id, story });
  }
}

/** Where a first open had nothing to do, a second one is made of one image in so many. */
const SECOND_OPENS = 8;

function isSampled({ hash }: CrashImage): boolean {
  return hash % SECOND_OPENS === 0;
}

/** After so many the run ends: more are hardly ever different bugs. */
const VIOLATIONS_KEPT = 10;
/** A replay looks for one image among as many as there may be. */
const REPLAY_IMAGES = 100_000;

interface CutMade {
  moment: Moment;
  world: World;
  image: CrashImage;
}

/** The boot after a first cut, in which there is a second. */
interface FirstBoot {
  first: CutMade;
  /** What `--case` takes for it. */
  id: string;
  /** What that boot cuts off. */
  cut: CutBytes | undefined;
}

/** Equal where a state has to satisfy the same. */
function demandsOf({ histories, publications, isSwapping }: World): string {
  const published = publications.map(({ isAcknowledged }) => (isAcknowledged ? "!" : "?")).join("");
  return `${histories.map(({ key }) => key).join(" or ")} ${published} ${isSwapping}`;
}

function className({ operation, call }: Moment, recovery: Recovery | undefined): string {
  const report = recovery?.report;
  const how = recovery?.isByCheckpoint ? BY_CHECKPOINT : "";
  const found = report ? (report.damageReason ?? "nothing torn") + how : "refused";
  return `${operation.replace(/^\d+ /, "")}, before ${call?.operation ?? "the next"}: ${found}`;
}

/** Whether the log was torn at the head of a group, or behind it within the group. */
function isCutInGroup({ history }: World, recovery: Recovery | undefined): boolean {
  if (recovery?.report.damageReason === undefined) return false;
  const next = history.appended[history.countThrough(recovery.records.at(-1)?.txid ?? 0n)];
  return next !== undefined && decodeGroupHead({ ...next, type: next.type as RecordType }) !== undefined;
}

function describeCut({ moment, world, image }: CutMade): Cut {
  const { appended, acknowledged } = world.history;
  return {
    operation: moment.operation,
    calls: [...world.calls],
    next: moment.call,
    image,
    acknowledged: `${acknowledged} of ${appended.length} records acknowledged`,
  };
}
