import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { check_spec_with_options, explore_init, explore_next, initSync } from "tla-checker";

/** One model, and what its constants are. */
export interface Spec {
  /** The .tla file. */
  source: string;
  /** As TLC takes it. */
  cfg: string;
}

export interface CheckLimits {
  depthMax: number;
  checksLiveness: boolean;
}

export interface CheckResult {
  success: boolean;
  error_type: string | null;
  error_message: string | null;
  states_explored: number;
  /** A counterexample as text, `State 0` and so on; of a liveness property its beginning, then what is repeated. */
  trace: string[] | null;
}

/** A state as the checker gives and takes it. */
export type ModelState = Readonly<Record<string, unknown>>;

export interface Transition {
  action: string;
  state: { display: Record<string, string>; json: ModelState };
}

const STATES_MAX = 20_000_000;

let isReady = false;
function ready(): void {
  if (isReady) return;
  const folder = dirname(fileURLToPath(import.meta.resolve("tla-checker")));
  initSync({ module: readFileSync(join(folder, "tla_checker_bg.wasm")) });
  isReady = true;
}

/** Explores every state; a counterexample is one of the shortest. */
export function check({ source, cfg }: Spec, { depthMax, checksLiveness }: CheckLimits): CheckResult {
  ready();
  const options = {
    cfg_source: cfg,
    max_states: STATES_MAX,
    max_depth: depthMax,
    allow_deadlock: true,
    check_liveness: checksLiveness,
  };
  return JSON.parse(check_spec_with_options(source, JSON.stringify(options))) as CheckResult;
}

export function initialStates({ source, cfg }: Spec): Transition["state"][] {
  ready();
  const found = JSON.parse(explore_init(source, cfg, "{}")) as {
    states?: Transition["state"][];
    error?: string;
  };
  if (!found.states) throw new Error(`the model has no first state: ${found.error}`);
  return found.states;
}

/** What may follow a state. */
export function successors({ source, cfg }: Spec, state: ModelState): Transition[] {
  ready();
  const found = JSON.parse(explore_next(source, cfg, "{}", JSON.stringify(state))) as {
    transitions?: Transition[];
    error?: string;
  };
  if (!found.transitions) throw new Error(`the model has no answer: ${found.error}`);
  return found.transitions;
}
