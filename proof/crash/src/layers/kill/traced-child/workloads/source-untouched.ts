import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isUntouched } from "@datawal/oracle";
import { plannedRecords } from "../planned-records.js";
import type { Aftermath, Workload } from "../workload.js";
import { framesOf, SEGMENT } from "./existing-store.js";

/** The source's only segment holds the frames that were appended to it, and no byte besides. */
export function sourceIsUntouched({ place, seed, testimony }: Aftermath, { plan }: Workload): void {
  // Killed inside an append: what came of that one is for the other sentences to judge.
  if (testimony.handed !== testimony.returned) return;
  const expected = framesOf(plannedRecords(plan, seed, testimony.returned));
  isUntouched({ [SEGMENT]: expected }, { [SEGMENT]: readFileSync(join(place.store, SEGMENT)) });
}
