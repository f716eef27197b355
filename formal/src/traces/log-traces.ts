import { RecordLog } from "@datawal/record-log";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { seededRandom } from "../../../proof/crash/src/laboratory/seeded-random.js";
import { specOf } from "../run-model.js";
import { Behaviours } from "./behaviours.js";
import { LogRun, type LogRunOptions, type LogRunState, STORE } from "./log-run.js";
import { unbounded } from "./slice.js";
import { Trace, type TraceCensus } from "./trace.js";

/** Bounds that no trace reaches. */
const BOUNDS = { Appends: "99", Segments: "2", Cuts: "9", Kills: "99", Failures: "9", Groups: "TRUE" };

/** What nobody outside sees: the looks, and steps that have nothing to do. */
const SILENT = {
  Read: () => true,
  KeepNothing: () => true,
  AppendAgain: (state: Readonly<Record<string, unknown>>) =>
    (state.memory as { cells: { __tuple: unknown[] } }).cells.__tuple.length === 0,
};

export function logBehaviours(): Behaviours {
  return new Behaviours(unbounded(specOf("RecordLog"), BOUNDS), SILENT);
}

/** Runs of a log with groups, rotations, failures and power cuts, until there are so many distinct traces. */
export function collectLogTraces(
  census: TraceCensus,
  behaviours: Behaviours,
  count: number,
  seed: number,
): void {
  const random = seededRandom(seed);
  for (let run = 0; census.count < count && census.rejections.length === 0; run++)
    runOnce({ census, behaviours, random }, run);
}

type Given = Pick<LogRunOptions, "census" | "behaviours" | "random">;

function runOnce(given: Given, index: number): void {
  const hasFailures = index % 3 === 0;
  const options: LogRunOptions = {
    ...given,
    cutsAt: (_, { cuts }) => (cuts < CUTS_MAX && given.random() < CUT_CHANCE[cuts]! ? IMAGES[cuts]! : 0),
    afterCut: (run) => continueRun(run, hasFailures, 3),
  };
  continueRun(new LogRun(emptyStore(given), options), hasFailures, 4 + Math.floor(given.random() * 4));
}

const CUTS_MAX = 2;
const CUT_CHANCE = [0.25, 0.04];
/** So many states of each cut. */
const IMAGES = [3, 2];
/** Larger than two sectors: what a failed write-back lost, no later write brings back by chance. */
const LONG = 1300;

function emptyStore({ behaviours }: Given): LogRunState {
  const disk = createSimulatedDisk();
  RecordLog.openSync(STORE, { fileSystem: disk }).closeSync();
  const possible = behaviours.step(behaviours.first(), ["Kill"], () => true);
  const layouts = new Map([[1, { shown: [], onDisk: [] }]]);
  return { disk, possible, layouts, codes: new Map(), calls: 0, cuts: 0, trace: new Trace() };
}

function continueRun(run: LogRun, hasFailures: boolean, operations: number): void {
  if (!run.openSync()) return;
  for (let done = 0; done < operations && !run.isRejected; done++) operate(run, hasFailures);
  if (!run.isRejected && run.random() < 0.5) run.close();
  run.end();
}

const UNSYNCED_MAX = 2;

/** What a run may do next; at most a few records are unsynced, so that a cut leaves not too many states. */
function operate(run: LogRun, hasFailures: boolean): void {
  const drawn = run.random();
  const length = hasFailures ? LONG : 10 + Math.floor(run.random() * 900);
  if (run.unsynced > UNSYNCED_MAX || drawn < 0.2) sync(run);
  else if (drawn < 0.55) run.append(length);
  else if (drawn < 0.7) run.appendGroup([length, hasFailures ? LONG : 20]);
  else if (drawn < 0.78 && !run.hasRotated) rotate(run);
  else if (drawn < 0.86) restart(run);
  else if (hasFailures && run.unsynced > 0) fail(run);
}

function sync(run: LogRun): void {
  run.log.fsyncSync();
}

function rotate(run: LogRun): void {
  if (run.unsynced > 0) run.log.fsyncSync();
  if (!run.isEmpty) run.log.rotateSync();
}

function restart(run: LogRun): void {
  if (run.random() < 0.5) run.kill();
  else run.close();
  run.openSync();
}

/** A write-back fails, and is told to a sync of this process, or not. */
function fail(run: LogRun): void {
  run.failWriteBack();
  if (run.random() < 0.3) run.evict();
  if (run.random() < 0.6) {
    try {
      run.log.fsyncSync();
    } catch {
      // It is told: the handle is poisoned.
    }
  }
  run.kill();
  run.openSync();
}
