import { checkpoint } from "./checkpoint.js";
import { crashedCompaction } from "./crashed-compaction.js";
import { crashedGroups } from "./crashed-groups.js";
import { damage } from "./damage.js";
import { decoder } from "./decoder.js";
import { differential } from "./differential.js";
import { flaws } from "./flaws.js";
import { killedRepair } from "./killed-repair.js";
import { livePair } from "./live-pair.js";
import { lock } from "./lock.js";
import { lost } from "./lost.js";
import { passedReader } from "./passed-reader.js";
import { planted } from "./planted.js";
import { quirks } from "./quirks.js";
import { safeatomic } from "./safeatomic.js";
import type { Section } from "./section.js";

/** In the order in which they run. */
export const SECTIONS: readonly Section[] = [
  differential,
  damage,
  killedRepair,
  crashedCompaction,
  crashedGroups,
  decoder,
  lock,
  livePair,
  passedReader,
  checkpoint,
  safeatomic,
  lost,
  quirks,
  flaws,
  planted,
];
