import { ReferenceProcess } from "../reference/reference-process.js";
import { Ours } from "../sides/ours.js";
import { Reference } from "../sides/reference.js";
import { QUIRKS } from "./quirks/table.js";
import type { Section, SectionResult, Stage } from "./section.js";

/** What a user of the crate could depend on without it being written down: the same with us, or listed. */
export const quirks: Section = {
  name: "quirks",
  unit: "quirks",
  async run({ program, scratch, ledger }: Stage): Promise<SectionResult> {
    for (const { what, show, differs } of QUIRKS) {
      using inner = scratch.inner();
      await using process = new ReferenceProcess([program]);
      const theirs = await show({
        side: new Reference(process),
        process,
        dir: inner.newPath(),
        scratch: inner,
      });
      const ours = await show({ side: new Ours(), process: undefined, dir: inner.newPath(), scratch: inner });
      if (theirs === ours && differs)
        ledger.fail(`${what}: expected ${differs}, found no difference: ${ours}`);
      else if (theirs !== ours && differs) ledger.note(differs);
      else if (theirs !== ours) ledger.fail(`${what}: the reference: ${theirs}\nours: ${ours}`);
    }
    return { cases: QUIRKS.length, facts: [] };
  },
};
