import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { isRecordLogError } from "datawal";
import { operationNamed } from "./operations.js";
import type { Scenario } from "./scenarios.js";
import { type OnMoment, World } from "./world.js";

/** Runs a scenario on a disk of its own; `onMoment` is asked from the operation on at which its cuts begin. */
export async function runScenario(scenario: Scenario, onMoment: OnMoment): Promise<World> {
  const disk = createSimulatedDisk({ platform: scenario.platform });
  disk.makeDirectory("/published");
  disk.fsyncDirectorySync("/");
  let isCutting = scenario.cutFrom === 0;
  const ask: OnMoment = (moment, world) => {
    const { hasPairs, hasCheckpoints } = scenario.options ?? {};
    if (isCutting && (world.compaction || !hasPairs || hasCheckpoints)) onMoment(moment, world);
  };
  const world = new World(disk, ask, scenario.options);
  for (const [index, name] of scenario.operations.entries()) {
    if (index === scenario.cutFrom) isCutting = true;
    world.operation = `${index + 1} ${name}`;
    await perform(world, name);
    world.moment();
  }
  return world;
}

/** A sync that failed, this operation's or an earlier one's, is an answer: the handle is poisoned, and nothing was acknowledged. */
async function perform(world: World, name: string): Promise<void> {
  try {
    await operationNamed(name)!(world);
  } catch (error) {
    if (!isRecordLogError(rootOf(error), "ERR_DATAWAL_FSYNC_FAILED")) throw error;
  }
}

/** An import says what happened to the log in its cause. */
function rootOf(error: unknown): unknown {
  return error instanceof Error && isRecordLogError(error.cause) ? error.cause : error;
}
