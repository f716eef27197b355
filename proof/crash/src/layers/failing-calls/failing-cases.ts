import type { PortCall } from "@datawal/safeatomic/testing";
import { firstOnes } from "../../laboratory/first-ones.js";
import type { LayerTask } from "../../laboratory/layer.js";
import { attempt, type FailingCall, type PlantedFault } from "./attempt.js";
import { compactionWorkloads } from "./compaction-workloads.js";
import { failuresOf } from "./failures.js";
import { fileWorkloads } from "./file-workloads.js";
import { keyValueWorkloads } from "./key-value-workloads.js";
import { logWorkloads } from "./log-workloads.js";
import { openWorkloads } from "./open-workloads.js";
import { readerWorkloads } from "./reader-workloads.js";
import { secondOpenWorkload } from "./second-open-workload.js";
import { swapWorkloads } from "./swap-workloads.js";
import { targetWorkloads } from "./target-workloads.js";
import type { Workload } from "./workload.js";

/** Every public operation that touches the disk. */
export const WORKLOADS: readonly Workload[] = [
  ...fileWorkloads,
  ...openWorkloads,
  secondOpenWorkload,
  ...logWorkloads,
  ...keyValueWorkloads,
  ...compactionWorkloads,
  ...readerWorkloads,
  ...targetWorkloads,
  ...swapWorkloads,
];

/** One operation with one call that fails in one way; or left alone, which has to be right before anything fails. */
export interface FailingCase {
  /** As `--case` takes it: `log-append-fsync/4/EIO-once`, `log-append-fsync/none`. */
  name: string;
  workload: Workload;
  failing: FailingCall | undefined;
}

/** The cases of a task's slice, or its one case. */
export async function* casesOf(task: LayerTask, plant: PlantedFault): AsyncGenerator<FailingCase> {
  const { case: only, slice, first } = task;
  if (only !== undefined) return yield await findCase(only, plant);
  let index = 0;
  for (const workload of firstOnes(first, WORKLOADS))
    for (const one of await casesOfWorkload(workload, plant))
      if (index++ % slice.count === slice.index) yield one;
}

async function findCase(name: string, plant: PlantedFault): Promise<FailingCase> {
  const workload = WORKLOADS.find((one) => name.startsWith(`${one.name}/`));
  const cases = workload ? await casesOfWorkload(workload, plant) : [];
  const found = cases.find((one) => one.name === name);
  if (found) return found;
  const names = (workload ? cases : WORKLOADS).map((one) => one.name);
  throw new RangeError(`expected a case out of ${names.join(", ")}, got ${name}`);
}

async function casesOfWorkload(workload: Workload, plant: PlantedFault): Promise<FailingCase[]> {
  const calls = await callsOf(workload, plant);
  const failing = calls.flatMap((call, index) =>
    failuresOf(call, workload.takesSignal).map((failure) => ({
      name: `${workload.name}/${index}/${failure.name}`,
      workload,
      failing: { index, failure },
    })),
  );
  return [{ name: `${workload.name}/none`, workload, failing: undefined }, ...failing];
}

/** The calls that the operation makes where nothing fails; what goes wrong then is told by the case that is left alone. */
async function callsOf(workload: Workload, plant: PlantedFault): Promise<readonly PortCall[]> {
  let calls: readonly PortCall[] = [];
  try {
    await attempt(workload, undefined, "kill", plant, (made) => {
      calls = made.calls;
    });
  } catch {
    // Tried again, and then told.
  }
  return calls;
}
