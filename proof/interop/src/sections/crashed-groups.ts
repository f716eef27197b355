import fc from "fast-check";
import { ReferenceProcess } from "../reference/reference-process.js";
import { Reference } from "../sides/reference.js";
import { cutGroups } from "./crashed-groups/cut-groups.js";
import { Judge } from "./crashed-groups/judge.js";
import { VISITS, VISITS_OF_TORN } from "./crashed-groups/visits.js";
import { type Change, changes } from "./differential/operation.js";
import type { Section, SectionResult, Stage } from "./section.js";

const GROUPS = 12;

/** As many records as a group of the differential scripts has at most; keys come twice, and are deleted. */
const LONG: Change[] = Array.from({ length: 40 }, (_, index) => ({
  key: index % 8,
  value: index % 5 === 4 ? undefined : { count: index, fill: index },
}));

/**
 * We die within a group; the reference opens the store, appends or rotates or both or neither, and syncs; then we open it,
 * strictly. Nothing that the reference has acknowledged is lost, and of the group all is there or nothing, unless the
 * reference has gone on behind a part of it.
 */
export const crashedGroups: Section = {
  name: "crashed-groups",
  unit: "cut groups",
  async run({ program, scratch, ledger, seed, scale }: Stage): Promise<SectionResult> {
    await using process = new ReferenceProcess([program]);
    const judge = new Judge(new Reference(process), ledger);
    const problems = new Map<string, string[]>();
    const drawn = fc.sample(changes, { seed, numRuns: GROUPS - 1 });
    const groups = [...drawn, LONG].slice(0, Math.ceil(GROUPS * scale));
    let cases = 0;
    for (const [index, group] of groups.entries()) {
      for (const cut of cutGroups(group, index % 3 === 1, scratch)) {
        for (const visit of cut.isTorn ? VISITS_OF_TORN : VISITS) {
          using inner = scratch.inner();
          cases++;
          const problem = await judge.look(cut, visit, inner);
          if (problem === undefined) continue;
          const where = `group ${index}, ${cut.part.length} of ${group.length + 1} frames${cut.isTorn ? " and a torn one" : ""}, [${visit}]`;
          problems.set(problem, [...(problems.get(problem) ?? []), where]);
        }
      }
    }
    for (const [problem, where] of problems)
      ledger.fail(`${problem}: ${where.length} cases, the first: ${where[0]}`);
    const { broken, torn } = judge;
    const facts = [
      `${groups.length} groups; the reference went on behind ${broken} parts, and behind ${torn} torn frames`,
    ];
    return { cases, facts };
  },
};
