import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type CheckResult, check, type Spec } from "./checker.js";
import { FOLDER } from "./folder.js";
import { type Model, namesIn, type PlantedFault, withConstants } from "./model.js";
import { tellStory } from "./story.js";

/** Further bounds of a night. */
interface Scope {
  bounds: string;
  states: number;
}

export interface ModelResult {
  name: string;
  states: number;
  scopes: readonly Scope[];
  depth: number;
  /** Invariants and properties. */
  sentences: number;
  caught: number;
  faults: number;
  seconds: number;
  passed: number;
  failures: string[];
}

const DEEP = 10_000;

/** Checks a model within its bounds, then that each of its planted faults breaks what it is said to break. */
export function runModel(model: Model, isNightly: boolean, say: (line: string) => void): ModelResult {
  const startMs = performance.now();
  const spec = specOf(model.name);
  const sentences = [...namesIn(spec.cfg, "INVARIANTS"), ...namesIn(spec.cfg, "PROPERTIES")];
  const failures: string[] = [];
  const scopes: Scope[] = [];
  const sound = checkSound(model, spec, isNightly ? scopes : undefined, failures);
  const broken = new Set<string>();
  let caught = 0;
  for (const fault of model.faults) {
    const failure = checkFault(model, fault, spec, say);
    if (failure) failures.push(failure);
    else {
      caught++;
      broken.add(fault.breaks);
    }
  }
  for (const name of sentences)
    if (!broken.has(name))
      failures.push(`${model.name}: no planted fault breaks ${name}, so it may say nothing`);
  return {
    name: model.name,
    states: sound.states_explored,
    scopes,
    depth: model.depth,
    sentences: sentences.length,
    caught,
    faults: model.faults.length,
    seconds: (performance.now() - startMs) / 1000,
    passed: sentences.length + caught,
    failures,
  };
}

export function specOf(name: string): Spec {
  const read = (extension: string) => readFileSync(join(FOLDER, `${name}.${extension}`), "utf8");
  return { source: read("tla"), cfg: read("cfg") };
}

/** @param scopes For what is found within further bounds. @returns What was found within CI's bounds. */
function checkSound(model: Model, spec: Spec, scopes: Scope[] | undefined, failures: string[]): CheckResult {
  const checksLiveness = namesIn(spec.cfg, "PROPERTIES").length > 0;
  const ask = (asked: Spec, depthMax: number) => {
    const result = check(asked, { depthMax, checksLiveness });
    if (!result.success)
      failures.push(`${model.name}: ${whatFailed(result, asked.cfg)}\n${told(asked, result)}`);
    return result;
  };
  const result = ask(spec, model.depth);
  if (result.success && result.states_explored < model.leastStates)
    failures.push(
      `${model.name}: ${result.states_explored} distinct states, at least ${model.leastStates} are meant`,
    );
  for (const constants of scopes ? model.nightly : []) {
    const { states_explored } = ask({ ...spec, cfg: withConstants(spec.cfg, constants) }, DEEP);
    const bounds = Object.entries(constants).map(([constant, value]) => `${constant} = ${value}`);
    scopes?.push({ bounds: bounds.join(", "), states: states_explored });
  }
  return result;
}

/** @returns What is wrong, or nothing where the fault was seen. */
function checkFault(
  model: Model,
  fault: PlantedFault,
  spec: Spec,
  say: (line: string) => void,
): string | undefined {
  const cfg = onlyAsking(
    fault.breaks,
    withConstants(spec.cfg, { ...fault.constants, Fault: JSON.stringify(fault.name) }),
  );
  const result = check({ ...spec, cfg }, { depthMax: DEEP, checksLiveness: cfg.includes("PROPERTIES") });
  const what = whatFailed(result, cfg);
  if (what !== fault.breaks)
    return `${model.name}, fault "${fault.name}": expected to break ${fault.breaks}, found ${what} after ${result.states_explored} states`;
  say(`${model.name}, "${fault.name}" breaks ${fault.breaks}: ${fault.tells}`);
  say(`${told({ ...spec, cfg }, result)}\n`);
  return undefined;
}

/** A .cfg that asks for one invariant or property alone: what another one tells sooner would hide it. */
function onlyAsking(name: string, cfg: string): string {
  const keyword = namesIn(cfg, "INVARIANTS").includes(name) ? "INVARIANTS" : "PROPERTIES";
  return `${cfg.replace(/^(INVARIANTS|PROPERTIES).*$/gm, "")}\n${keyword} ${name}\n`;
}

/** The name of the invariant or the property, or the checker's words. */
function whatFailed(result: CheckResult, cfg: string): string {
  const { error_type: type, error_message: message } = result;
  const index = type === "InvariantViolation" && /^Invariant (\d+) violated/.exec(message ?? "")?.[1];
  if (index) return namesIn(cfg, "INVARIANTS")[Number(index)] ?? `invariant ${index}`;
  if (type === "LivenessViolation") return namesIn(cfg, "PROPERTIES")[0] ?? "a property";
  return result.success ? "nothing" : `${type}: ${message}`;
}

function told(spec: Spec, { trace }: CheckResult): string {
  return trace ? tellStory(spec, trace).join("\n") : "  (no counterexample)";
}
