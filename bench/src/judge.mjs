// From measurements to the table of targets.
import { spread } from "./statistics.mjs";
import { TARGETS } from "./targets.mjs";

/** What a target may ask of a run. */
export function findingsOf({ cases, sizes }) {
  const byId = new Map(cases.map((measured) => [measured.id, measured]));
  const all = (id, label) => byId.get(id)?.measurements[label];
  return {
    cases,
    sizes,
    has: (id, label) => all(id, label) !== undefined,
    /** The figures of all rounds. @throws where there is none */
    figures(id, label = "datawal", quantity = byId.get(id)?.quantity) {
      const measurements = all(id, label);
      if (!measurements) throw new NotMeasured(`no figures of ${label} for ${id}`);
      return measurements.map((measurement) => measurement[quantity]);
    },
  };
}

class NotMeasured extends Error {}

/** @returns For each target of these groups: what was reached, and `met`, `missed`, `-` (no target) or `not measured`. */
export function judge(run, groups) {
  const findings = findingsOf(run);
  return TARGETS.filter(({ group }) => groups.includes(group)).map((target) => judgeOne(target, findings));
}

function judgeOne({ row, group, against, unit, goal, reach }, findings) {
  const facts = { row, group, against, unit, target: goal ? `${goal.sign} ${goal.limit}` : "none" };
  try {
    const numbers = reach(findings);
    if (!numbers?.length) return { ...facts, verdict: "not measured" };
    const reached = spread(numbers);
    const verdict = goal ? (goal.holds(reached.median) ? "met" : "MISSED") : "-";
    return { ...facts, reached, verdict };
  } catch (error) {
    if (error instanceof NotMeasured) return { ...facts, verdict: "not measured" };
    throw error;
  }
}
