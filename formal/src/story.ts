import { initialStates, type Spec, successors, type Transition } from "./checker.js";

/**
 * A counterexample as a person reads it: which action was taken, and what it changed. The checker gives states alone, so
 * each action is looked up among the successors of the state before.
 */
export function tellStory(spec: Spec, trace: readonly string[]): string[] {
  const states = trace.flatMap((text) => text.split(/^State \d+$/m).slice(1)).map(valuesIn);
  const before = initialStates(spec).find((state) => isSame(state.display, states[0]!));
  if (!before) return ["  (the first state is none of the model)"];
  const lines: string[] = [];
  let { json, display } = before;
  for (const values of states.slice(1)) {
    const step: Transition | undefined = successors(spec, json).find(({ state }) =>
      isSame(state.display, values),
    );
    if (!step) return [...lines, "  ... and so on, for ever"];
    lines.push(`  ${lines.length + 1}. ${step.action}: ${changesTo(values, display)}`);
    ({ json, display } = step.state);
  }
  return lines;
}

/** The text of each variable's value, by its name. */
type Values = Readonly<Record<string, string>>;

/** A line for each variable. */
function valuesIn(state: string): Values {
  const lines = state.split("\n").flatMap((line) => {
    const match = /^ {2}(\w+) = (.*)$/.exec(line);
    return match ? [[match[1]!, match[2]!] as const] : [];
  });
  return Object.fromEntries(lines);
}

function isSame(display: Values, values: Values): boolean {
  return Object.entries(values).every(([name, value]) => display[name] === value);
}

/** The variables that changed, of a record the fields; but for the bounds that are left. */
function changesTo(after: Values, before: Values): string {
  const changed = Object.keys(after).filter((name) => name !== "left" && after[name] !== before[name]);
  return changed.map((name) => `${name} = ${changedPart(after[name]!, before[name]!)}`).join("; ");
}

function changedPart(after: string, before: string): string {
  if (!after.startsWith("[") || !after.includes("|->")) return after;
  const old = fieldsOf(before.slice(1, -1));
  const changed = fieldsOf(after.slice(1, -1)).filter((field) => !old.includes(field));
  return `[${changed.join(", ")}]`;
}

/** Split at the commas that lie within no brackets. */
function fieldsOf(record: string): string[] {
  const fields = [""];
  let depth = 0;
  for (const char of record) {
    if ("[{<(".includes(char)) depth++;
    if ("]}>)".includes(char)) depth--;
    if (char === "," && depth === 0) fields.push("");
    else fields[fields.length - 1] += char;
  }
  return fields.map((field) => field.trim());
}
