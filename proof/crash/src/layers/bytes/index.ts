import type { Layer } from "../../laboratory/layer.js";
import { BytesRun } from "./bytes-run.js";
import type { PlantedFault } from "./judge.js";

/** L0: what is on the disk is damaged, byte by byte, and the store opened. */
export const bytesLayer: Layer = createBytesLayer();

/** @param fault What a canary plants. */
export function createBytesLayer(fault: PlantedFault = {}): Layer {
  return { name: "L0 bytes", slices: 4, run: async (task) => new BytesRun(task, fault).result() };
}
