import type { Layer } from "../../laboratory/layer.js";
import { DiskRack } from "../power-cut/disk/disk-rack.js";
import { missingForDisks } from "../power-cut/machine/requirements.js";
import { BlockReplay } from "./block-replay.js";

/** Power cuts between any two writes of a real file system: those that its disk was asked for, played again in part. */
export const blockReplayLayer: Layer = {
  name: "L4 block replay",
  slices: 3,
  missing: missingForDisks,
  run: async (task) => {
    const rack = new DiskRack();
    try {
      return await new BlockReplay(task, rack).run();
    } finally {
      await rack.close();
    }
  },
};
