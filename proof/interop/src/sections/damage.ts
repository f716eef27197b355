import fc from "fast-check";
import { plainText } from "../kit/records.js";
import { ReferenceProcess } from "../reference/reference-process.js";
import { Reference } from "../sides/reference.js";
import { type DamageCase, damageCase } from "./damage/damage.js";
import { DamageTrial } from "./damage/trial.js";
import type { Section, SectionResult, Stage } from "./section.js";

const CASES = 4000;
/** Runs at a time: our readers wait 20 ms at a torn tail, in case somebody is still writing it. */
const CHAINS = 8;

/** Stores damaged at random: what either side makes of them, and of the record that is appended then. */
export const damage: Section = {
  name: "damage",
  unit: "damaged stores",
  async run(stage: Stage): Promise<SectionResult> {
    await using process = new ReferenceProcess([stage.program]);
    const reference = new Reference(process);
    const counts = new Map<string, number>();
    const numRuns = Math.ceil((CASES * stage.scale) / CHAINS);
    const chains = Array.from({ length: CHAINS }, (_, index) =>
      runChain(stage, reference, counts, stage.seed + index, numRuns),
    );
    const cases = (await Promise.all(chains)).reduce((sum, count) => sum + count, 0);
    const facts = [...counts].sort().map(([what, count]) => `${String(count).padStart(6)}  ${what}`);
    return { cases, facts };
  },
};

async function runChain(
  { scratch, ledger }: Stage,
  reference: Reference,
  counts: Map<string, number>,
  seed: number,
  numRuns: number,
): Promise<number> {
  let cases = 0;
  const property = fc.asyncProperty(damageCase, async (damaged) => {
    using inner = scratch.inner();
    await new DamageTrial(inner, reference, ledger, counts).run(damaged);
    cases++;
  });
  const details = await fc.check(property, { seed, numRuns });
  if (details.failed) ledger.fail(describeFailure(details));
  return cases;
}

function describeFailure(details: fc.RunDetails<[DamageCase]>): string {
  const { writer, segments, damages } = details.counterexample![0];
  const error = details.errorInstance;
  return `${error instanceof Error ? error.message : String(error)}
shrunk ${details.numShrinks} times, seed ${details.seed}, path ${details.counterexamplePath}, to a store of ${writer}
${segments.map((records) => `  segment ${plainText(records)}`).join("\n")}
${damages.map((step) => `  damage ${plainText(step)}`).join("\n")}`;
}
