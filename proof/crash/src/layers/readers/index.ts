import type { Layer } from "../../laboratory/layer.js";
import type { PlantedFault } from "../failing-calls/attempt.js";
import { createWorkshop } from "../kill/traced-child/place.js";
import { straceMissing } from "../kill/traced-child/strace.js";
import { DelayedPrograms } from "./delayed/delayed-process.js";
import { DelayedRun } from "./delayed/delayed-run.js";
import { ReadersRun } from "./readers-run.js";

/** L7 in process: every reading operation beside every changing one, interrupted at each of its calls. */
export const readersLayer: Layer = createReadersLayer();

/** @param plant What a canary puts between the product and the disk. */
export function createReadersLayer(plant: PlantedFault = (disk) => disk): Layer {
  return {
    name: "L7 readers",
    slices: 2,
    run: (task) => new ReadersRun(task, plant).result(),
  };
}

/** L7 in processes of their own, one of which waits at one of its system calls. */
export const delayedReadersLayer: Layer = {
  name: "L7 delayed readers",
  missing: straceMissing,
  run: async (task) => {
    using programs = await DelayedPrograms.bundle();
    using workshop = createWorkshop("readers");
    return await new DelayedRun(programs, workshop, task).run();
  },
};
