import { firstOnes } from "../../laboratory/first-ones.js";
import type { Layer, LayerResult, LayerTask } from "../../laboratory/layer.js";
import { seededRandom } from "../../laboratory/seeded-random.js";
import { type Depth, Explorer } from "./explorer.js";
import { findCase } from "./find-case.js";
import { ALL_OPERATIONS } from "./operations.js";
import {
  checkpointScenarios,
  compactionScenarios,
  drawnScenarios,
  groupScenarios,
  namedScenarios,
  type Scenario,
  sequences,
  smallSegmentScenarios,
  windowsScenarios,
} from "./scenarios.js";

/** More than there are cores, since none is exactly as long as another. */
const SLICES = 6;

/** L1: every legal state after a power cut, over all short sequences of operations and the hard long ones. */
export const onePowerCutLayer: Layer = {
  name: "L1 one power cut",
  slices: SLICES,
  run: (task) =>
    explore(task, {
      glance: { imagesPerMoment: 12, imagesPerScenario: 400 },
      look: { imagesPerMoment: 130, imagesPerScenario: 3000 },
      stare: { imagesPerMoment: 3000, imagesPerScenario: 30_000 },
    }),
};

/** L1: a second power cut, anywhere in the recovery from the first and in what is done next. */
export const twoPowerCutsLayer: Layer = {
  name: "L1 two power cuts",
  slices: SLICES,
  run: (task) =>
    explore(task, {
      glance: { imagesPerMoment: 12, imagesPerScenario: 400, again: { oneIn: 4, imagesPerMoment: 6 } },
      look: {
        imagesPerMoment: 120,
        imagesPerScenario: 16_000,
        again: { oneIn: SECOND_BOOTS[task.length], imagesPerMoment: 300 },
      },
    }),
};

/** L1: every legal state after a power cut while a compaction in place is under way, users between its pieces. */
export const compactionLayer: Layer = {
  name: "L1 compaction",
  slices: SLICES,
  run: (task) =>
    exploreKind(task, compactionScenarios, COMPACTIONS, {
      glance: { imagesPerMoment: 8, imagesPerScenario: 200 },
      look: { imagesPerMoment: 150, imagesPerScenario: 3000 },
    }),
};

/** L1: a second power cut, in the recovery from one in a compaction and in what is done next, another compaction too. */
export const compactionTwiceLayer: Layer = {
  name: "L1 compaction, two power cuts",
  slices: SLICES,
  run: (task) =>
    exploreKind(task, compactionScenarios, COMPACTIONS, {
      glance: { imagesPerMoment: 4, imagesPerScenario: 200, again: { oneIn: 4, imagesPerMoment: 4 } },
      look: {
        imagesPerMoment: 60,
        imagesPerScenario: 3000,
        again: { oneIn: SECOND_BOOTS_OF_COMPACTIONS[task.length], imagesPerMoment: 60 },
      },
    }),
};

/** L1: every legal state after a power cut while groups are written, or waiting for their sync. */
export const groupLayer: Layer = {
  name: "L1 groups",
  slices: SLICES,
  run: (task) =>
    exploreKind(task, groupScenarios, GROUPS, {
      glance: { imagesPerMoment: 8, imagesPerScenario: 200 },
      look: { imagesPerMoment: 270, imagesPerScenario: 3000 },
    }),
};

/** L1: every legal state after a power cut on a disk that refuses what Windows refuses, locks among what it pins. */
export const windowsLayer: Layer = {
  name: "L1 Windows",
  slices: SLICES,
  run: (task) =>
    exploreKind(task, windowsScenarios, ON_WINDOWS, {
      glance: { imagesPerMoment: 8, imagesPerScenario: 200 },
      look: { imagesPerMoment: ON_WINDOWS_IMAGES[task.length], imagesPerScenario: 6000 },
    }),
};

/** 60,000 states in CI, five times as many in a night. */
const ON_WINDOWS = { ci: 35, nightly: 150 };
const ON_WINDOWS_IMAGES = { ci: 85, nightly: 300 };

/** L1: every legal state after a power cut while a checkpoint of the key directory is written, or lies beside the log. */
export const checkpointLayer: Layer = {
  name: "L1 checkpoints",
  slices: SLICES,
  run: (task) =>
    exploreKind(task, checkpointScenarios, CHECKPOINTS, {
      glance: { imagesPerMoment: 8, imagesPerScenario: 200 },
      look: { imagesPerMoment: 60, imagesPerScenario: 1500 },
    }),
};

const CHECKPOINTS = { ci: 30, nightly: 200 };

const GROUPS = { ci: 100, nightly: 400 };

const COMPACTIONS = { ci: 150, nightly: 600 };

/** One image in so many is booted from: a million second cuts in a night, a third of that in CI. */
const SECOND_BOOTS = { ci: 280, nightly: 75 };
/** The same in a compaction: over 100,000 second cuts in CI, several times as many in a night. */
const SECOND_BOOTS_OF_COMPACTIONS = { ci: 200, nightly: 100 };

const DRAWN_SCENARIOS = 830;
const LENGTH_MAX = 3;
const SIMULATED_PID = 4242;

/** How closely the hardest scenarios are looked at first, then all of them, and all of them again. */
interface Depths {
  glance: Depth;
  look: Depth;
  stare?: Depth;
}

/** All are looked at closely in the end; less closely before, so that a bug that many of them show is found soon. */
async function explore(task: LayerTask, { glance, look, stare }: Depths): Promise<LayerResult> {
  const { seed } = task;
  const rounds = [...plan(hardest(), glance), ...plan(all(seed), look)];
  if (stare) rounds.push(...plan(all(seed), stare));
  const mine = rounds.filter(({ scenario }) => sliceOf(scenario) % task.slice.count === task.slice.index);
  return await run(task, mine, stare ?? look);
}

/** Those of one kind: all at a glance, then closely. */
async function exploreKind(
  task: LayerTask,
  scenarios: (count: number, random: () => number) => Iterable<Scenario>,
  counts: Record<LayerTask["length"], number>,
  { glance, look }: Depths,
): Promise<LayerResult> {
  const { slice, seed, length } = task;
  const all = [...scenarios(counts[length], seededRandom(seed))];
  const mine = all.filter((_, index) => index % slice.count === slice.index);
  return await run(task, [...plan(mine, glance), ...plan(mine, look)], look);
}

async function run(task: LayerTask, rounds: readonly Round[], deepest: Depth): Promise<LayerResult> {
  // Lock files name the process: with its own number no image would have the same hash in the next run.
  Object.defineProperty(process, "pid", { value: SIMULATED_PID });
  const explorer = new Explorer(task);
  if (task.case !== undefined) await explorer.explore(findCase(task.case), deepest);
  for (const { scenario, depth } of firstOnes(task.first, rounds)) {
    if (explorer.isDone || task.case !== undefined) break;
    await explorer.explore(scenario, depth);
  }
  const { census, violations } = explorer;
  return {
    cases: census.cases,
    states: census.images,
    classes: census.classes,
    violations,
    facts: census.facts(),
  };
}

/** By the first operation: those that begin alike leave many of the same images, which one process then judges once. */
function sliceOf({ operations }: Scenario): number {
  return Object.keys(ALL_OPERATIONS).indexOf(operations[0]!);
}

/** A scenario, and how closely it is looked at. */
interface Round {
  name: string;
  scenario: Scenario;
  depth: Depth;
}

function* plan(scenarios: Iterable<Scenario>, depth: Depth): Generator<Round> {
  for (const scenario of scenarios) yield { name: scenario.name, scenario, depth };
}

function* hardest(): Generator<Scenario> {
  yield* sequences(1);
  yield* namedScenarios();
  yield* smallSegmentScenarios();
  yield* sequences(2, 2);
}

function* all(seed: number): Generator<Scenario> {
  yield* hardest();
  yield* drawnScenarios(DRAWN_SCENARIOS, seededRandom(seed));
  yield* sequences(LENGTH_MAX, LENGTH_MAX);
}
