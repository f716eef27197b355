import { channel } from "node:diagnostics_channel";
import { tell } from "@datawal/record-log/internal";
import type { CompactionInPlaceResult } from "./compact.js";

/** How a compaction in place went. */
export type CompactionOutcome = { result: CompactionInPlaceResult } | { error: unknown };

/** Gets one for each compaction in place that has ended, asked for or begun by the store itself. */
export type CompactionEvent = { directory: string } & CompactionOutcome;

const compactions = channel("datawal:compaction");

export function tellCompaction(directory: string, outcome: CompactionOutcome): void {
  if (!compactions.hasSubscribers) return;
  const own = "result" in outcome ? { result: structuredClone(outcome.result) } : outcome;
  tell<CompactionEvent>(compactions, { directory, ...own });
}
