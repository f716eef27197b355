import { readdirSync } from "node:fs";
import { OracleViolation } from "@datawal/oracle";
import type { Violation } from "../../laboratory/layer.js";
import { BrokenDemand } from "../kill/traced-child/broken-demand.js";
import { judgeStore } from "../kill/traced-child/judge-store.js";
import type { Workshop } from "../kill/traced-child/place.js";
import { injectedCall, readTrace } from "../kill/traced-child/strace.js";
import { readTestimony } from "../kill/traced-child/testimony.js";
import type { TracedChild } from "../kill/traced-child/traced-child.js";
import type { Order } from "../kill/traced-child/workload.js";
import { type FailingCall, failingCallName } from "./failing-call.js";
import { judgeEnding } from "./judge-ending.js";

export interface FailingOutcome {
  /** The codes of the errors that the child was given; none where it succeeded. */
  codes: string[];
  violation: Violation | undefined;
}

/** Prepares the place, lets one call of the child fail, judges how it ended and what it left. */
export function runFailingCase(
  child: TracedChild,
  workshop: Workshop,
  failingCall: FailingCall,
  options: { seed: number; isLiar: boolean },
): FailingOutcome {
  const { survey, call, index, errno } = failingCall;
  const { workload, form, paths } = survey;
  const { place } = workshop;
  workshop.clear();
  const prepared = workload.prepare(place, options.seed);
  const temporariesBefore = temporariesIn(place.directory);
  const order: Order = { workload: workload.name, form, place, ...options };
  const injection = { call, index, effect: { kind: "error", errno } } as const;
  const ending = child.run(order, { calls: [...survey.counts.keys()], paths, injection });
  const testimony = readTestimony(place.testimonyPath, prepared.existingCount);
  const codes = testimony.failures.map(({ code }) => code);
  const story = [
    `workload ${workload.name} (${form}), seed ${options.seed}, its ${call} number ${index} fails with ${errno}`,
  ];
  try {
    const injected = injectedCall(readTrace(place.tracePath));
    if (!injected) throw new BrokenDemand("the failure happens", "no call was made to fail");
    story.push(`call: ${injected.text}`);
    const temporaries = { before: temporariesBefore, after: temporariesIn(place.directory) };
    judgeEnding(ending, testimony, failingCall, temporaries);
    judgeStore({ place, seed: options.seed, prepared, testimony }, workload, (line) => story.push(line));
    return { codes, violation: undefined };
  } catch (error) {
    if (!(error instanceof OracleViolation || error instanceof BrokenDemand)) throw error;
    const sentence = error instanceof OracleViolation ? error.sentence : error.demand;
    const text = [...story, `broke: ${error.message}`].join("\n");
    return { codes, violation: { sentence, case: failingCallName(failingCall), story: text } };
  }
}

function temporariesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".new"),
  );
}
