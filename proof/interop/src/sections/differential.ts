import fc from "fast-check";
import { plainText } from "../kit/records.js";
import { ReferenceProcess } from "../reference/reference-process.js";
import { Ours } from "../sides/ours.js";
import { Reference } from "../sides/reference.js";
import { type Operation, script } from "./differential/operation.js";
import { Trial } from "./differential/trial.js";
import type { Section, SectionResult, Stage } from "./section.js";

const SCRIPTS = 2000;
/** Runs at a time, each with a Rust process of its own: while one waits for its reply another one works. */
const CHAINS = 2;

/** Random scripts on both sides and mixed; a script that shows a difference is shrunk. */
export const differential: Section = {
  name: "differential",
  unit: "scripts",
  async run(stage: Stage): Promise<SectionResult> {
    const scripts = Math.ceil((SCRIPTS * stage.scale) / CHAINS);
    const chains = Array.from({ length: CHAINS }, (_, index) => runChain(stage, stage.seed + index, scripts));
    const counts = await Promise.all(chains);
    const total = (name: keyof Counts) => counts.reduce((sum, count) => sum + count[name], 0);
    return {
      cases: total("scripts"),
      facts: [
        `${total("operations")} operations, ${total("comparisons")} comparisons`,
        `${total("groups")} groups of ${total("groupRecords")} records`,
        `${total("compactions")} compactions in place: ${total("recordsMoved")} records moved, ${total("segmentsRemoved")} segments removed`,
      ],
    };
  },
};

interface Counts {
  scripts: number;
  operations: number;
  comparisons: number;
  groups: number;
  groupRecords: number;
  compactions: number;
  recordsMoved: number;
  segmentsRemoved: number;
}

async function runChain({ program, scratch, ledger }: Stage, seed: number, numRuns: number): Promise<Counts> {
  await using process = new ReferenceProcess([program]);
  const reference = new Reference(process);
  const counts: Counts = {
    scripts: 0,
    operations: 0,
    comparisons: 0,
    groups: 0,
    groupRecords: 0,
    compactions: 0,
    recordsMoved: 0,
    segmentsRemoved: 0,
  };
  const property = fc.asyncProperty(script, async (steps) => {
    using inner = scratch.inner();
    const trial = new Trial(inner, ledger, new Ours(), reference);
    await trial.run(steps);
    counts.scripts++;
    counts.operations += steps.length;
    counts.comparisons += trial.comparisons;
    for (const step of steps) {
      if (step.do !== "batch") continue;
      counts.groups++;
      counts.groupRecords += step.changes.length;
    }
    counts.compactions += trial.compactions.length;
    for (const { recordsMoved, segmentsRemoved } of trial.compactions) {
      counts.recordsMoved += recordsMoved;
      counts.segmentsRemoved += segmentsRemoved.length;
    }
  });
  const details = await fc.check(property, { seed, numRuns });
  if (details.failed) ledger.fail(describeFailure(details));
  return counts;
}

function describeFailure(details: fc.RunDetails<[Operation[]]>): string {
  const steps = details.counterexample![0].map((step) => `  ${plainText(step)}`).join("\n");
  const error = details.errorInstance;
  return `${error instanceof Error ? error.message : String(error)}
shrunk ${details.numShrinks} times, seed ${details.seed}, path ${details.counterexamplePath}, to
${steps}`;
}
