import { OracleViolation } from "@datawal/oracle";
import type { Violation } from "../../laboratory/layer.js";
import { BrokenDemand } from "./traced-child/broken-demand.js";
import { judgeStore } from "./traced-child/judge-store.js";
import type { Workshop } from "./traced-child/place.js";
import { lastUnfinished, readTrace } from "./traced-child/strace.js";
import type { Survey } from "./traced-child/survey.js";
import { hasAcknowledged, readTestimony, type Testimony } from "./traced-child/testimony.js";
import type { TracedChild } from "./traced-child/traced-child.js";
import type { Order, Prepared } from "./traced-child/workload.js";

/** One kill: at the entry of this system call, before it has done anything. */
export interface KillCase {
  survey: Survey;
  call: string;
  index: number;
}

export interface KillOutcome {
  /** Whether the child had acknowledged something, or was inside open. */
  isCounted: boolean;
  violation: Violation | undefined;
}

export function killCaseName({ survey: { workload, form }, call, index }: KillCase): string {
  return [workload.name, form, call, index].join("/");
}

/** Prepares the place, kills the child, judges what it left. */
export function runKillCase(
  child: TracedChild,
  workshop: Workshop,
  killCase: KillCase,
  options: { seed: number; isLiar: boolean },
): KillOutcome {
  const { survey, call, index } = killCase;
  const { workload, form, paths } = survey;
  const { place } = workshop;
  workshop.clear();
  const prepared = workload.prepare(place, options.seed);
  const order: Order = { workload: workload.name, form, place, ...options };
  const injection = { call, index, effect: { kind: "kill" } } as const;
  const ending = child.run(order, { calls: [...survey.counts.keys()], paths, injection });
  const testimony = readTestimony(place.testimonyPath, prepared.existingCount);
  const story = [
    `workload ${workload.name} (${form}), seed ${options.seed}, killed at its ${call} number ${index}`,
  ];
  const name = killCaseName(killCase);
  try {
    // Else the workload has not made the call that it made when it was surveyed: the case is worth nothing.
    if (ending.signal !== "SIGKILL")
      throw new BrokenDemand("the kill happens", `the child ended with ${ending.status}`);
    story.push(`call: ${lastUnfinished(readTrace(place.tracePath))?.text ?? "not in the trace"}`);
    judgeStore({ place, seed: options.seed, prepared, testimony }, workload, (line) => story.push(line));
    return { isCounted: isCounted(testimony, prepared), violation: undefined };
  } catch (error) {
    if (!(error instanceof OracleViolation || error instanceof BrokenDemand)) throw error;
    const sentence = error instanceof OracleViolation ? error.sentence : error.demand;
    const text = [...story, `broke: ${error.message}`].join("\n");
    return { isCounted: false, violation: { sentence, case: name, story: text } };
  }
}

/** A kill before open, or between open and the first acknowledgement, proves nothing and is not counted. */
function isCounted(testimony: Testimony, { existingCount }: Prepared): boolean {
  if (!testimony.isOpening) return false;
  return !testimony.isOpened || hasAcknowledged(testimony, existingCount);
}
