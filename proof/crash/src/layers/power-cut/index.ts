import type { Layer } from "../../laboratory/layer.js";
import { copiesNotSynced } from "../../mutants/compactions.js";
import { DiskRack } from "./disk/disk-rack.js";
import { bundleProgram } from "./machine/child-program.js";
import { missingForDisks } from "./machine/requirements.js";
import { PowerCuts } from "./power-cuts.js";

const WRITER = "layers/power-cut/writer/writer.ts";

/** Power cuts on real file systems of a real kernel. */
export const powerCutLayer: Layer = {
  name: "L4 power cuts",
  missing: missingForDisks,
  run: async (task) => {
    const writer = await bundleProgram(WRITER, "power-cut-writer");
    const flawedWriter = await bundleProgram(WRITER, "power-cut-flawed-writer", copiesNotSynced());
    const rack = new DiskRack();
    try {
      return await new PowerCuts(task, rack, { writer, flawedWriter }).run();
    } finally {
      await rack.close();
    }
  },
};
