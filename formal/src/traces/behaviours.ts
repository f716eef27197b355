import { initialStates, type ModelState, type Spec, successors } from "../checker.js";
import { sliceFor } from "./slice.js";

/** A state, and the text by which it is known. */
interface Known {
  state: ModelState;
  key: string;
}

/** The states in which a model may be behind what was seen so far. */
export type Possible = readonly Known[];

/** Where a state has something else, an action cannot happen. */
interface Guard {
  path: readonly string[];
  values: ReadonlySet<unknown>;
}

/** One action's part of the model, and what it begins by asking for. */
interface Slice {
  slice: Spec;
  guards: readonly Guard[];
  /** Whether it leaves the model as it is, whatever that is. */
  isStill: boolean;
}

/** Which of a model's actions nobody sees, in which states. */
export type Silent = Readonly<Record<string, (state: ModelState) => boolean>>;

/**
 * Follows what was seen through a model. Each step is one of its named actions, whose successors the checker works out
 * from the .tla file; what was asked once is not asked again.
 */
export class Behaviours {
  /** Questions that the checker has answered. */
  asked = 0;
  /** How often each action has explained something. */
  readonly used = new Map<string, number>();
  readonly #spec: Spec;
  readonly #silent: Silent;
  readonly #slices = new Map<string, Slice>();
  readonly #answers = new Map<string, Known[]>();
  readonly #closures = new Map<string, Possible>();

  constructor(spec: Spec, silent: Silent) {
    this.#spec = spec;
    this.#silent = silent;
  }

  first(): Possible {
    return initialStates(this.#spec).map(({ json }) => knownBy(json));
  }

  /** The states behind one of the actions, in which what was observed holds; none where the model has no such step. */
  step(from: Possible, actions: readonly string[], holds: (state: ModelState) => boolean): Possible {
    const reached = new Map<string, Known>();
    for (const before of this.#closure(from))
      for (const action of actions)
        for (const after of this.#after(before, action)) {
          if (!holds(after.state)) continue;
          reached.set(after.key, after);
          this.used.set(action, (this.used.get(action) ?? 0) + 1);
        }
    return [...reached.values()];
  }

  #closure(from: Possible): Possible {
    const key = from.map((each) => each.key).join("\n");
    const known = this.#closures.get(key);
    if (known) return known;
    const reached = new Map(from.map((each) => [each.key, each]));
    for (const before of reached.values())
      for (const [action, mayBe] of Object.entries(this.#silent))
        if (mayBe(before.state))
          for (const after of this.#after(before, action)) reached.set(after.key, after);
    const closure = [...reached.values()];
    this.#closures.set(key, closure);
    return closure;
  }

  #sliceOf(action: string): Slice {
    const known = this.#slices.get(action);
    if (known) return known;
    const slice = sliceFor(this.#spec, action);
    const isStill = new RegExp(`^${action} == UNCHANGED vars$`, "m").test(slice.source);
    const made = { slice, guards: guardsOf(action, slice.source), isStill };
    this.#slices.set(action, made);
    return made;
  }

  #after(before: Known, action: string): Known[] {
    const { state, key } = before;
    const { slice, guards, isStill } = this.#sliceOf(action);
    if (isStill) return [before];
    if (!guards.every((guard) => isOpen(guard, state))) return [];
    const question = `${action} ${key}`;
    const known = this.#answers.get(question);
    if (known) return known;
    this.asked++;
    const answer = successors(slice, state).map(({ state: { json } }) => knownBy(json));
    this.#answers.set(question, answer);
    return answer;
  }
}

/** What an action begins by asking for: `step = "up"`, `reader.is \\in {"prove", "read"}` and so on; without it, nothing. */
function guardsOf(action: string, source: string): readonly Guard[] {
  // What stands before an arrow is a condition, and no guard.
  const guards = `(?:(?:/\\\\ )?${GUARD}(?= */\\\\| *\\n)\\s*)*`;
  const body = new RegExp(`^${action} ==\\s*(${guards})`, "m").exec(source)?.[1] ?? "";
  return [...body.matchAll(new RegExp(GUARD, "g"))].map(([, path, one, some]) => {
    const values = [...(one ?? some)!.matchAll(/"([^"]+)"/g)].map(([, value]) => value);
    return { path: path!.split("."), values: new Set<unknown>(values) };
  });
}

const GUARD = String.raw`(\b[\w.]+) (?:= ("[^"]+")|\\in \{([^}]+)\})`;

function isOpen({ path, values }: Guard, state: ModelState): boolean {
  return values.has(path.reduce<unknown>((value, name) => (value as ModelState)[name], state));
}

function knownBy(state: ModelState): Known {
  return { state, key: JSON.stringify(state) };
}
