import type { Layer } from "../../laboratory/layer.js";
import type { PlantedFault } from "./attempt.js";
import { FailingCallsRun } from "./failing-calls-run.js";

/** L2 in process: of each public operation every call fails, in every way. */
export const failingCallsLayer: Layer = createFailingCallsLayer();

/** @param plant What a canary puts between the product and the disk. */
export function createFailingCallsLayer(plant: PlantedFault = (disk) => disk): Layer {
  return { name: "L2 failing calls", run: (task) => new FailingCallsRun(task, plant).result() };
}
