import { FLAWS } from "../flaws/flaws.js";
import { ReferenceProcess } from "../reference/reference-process.js";
import { Reference } from "../sides/reference.js";
import type { Section, SectionResult, Stage } from "./section.js";

/** What `node proof/interop/reproduce.mjs` shows to people still holds. */
export const flaws: Section = {
  name: "flaws",
  unit: "flaws",
  async run({ program, scratch, ledger }: Stage): Promise<SectionResult> {
    for (const flaw of FLAWS) {
      await using process = new ReferenceProcess([program]);
      const shown = await flaw.show({ reference: new Reference(process), process, scratch });
      if (!shown.reference.isSo) ledger.fail(`${flaw.title}: the reference ${shown.reference.text}`);
      if (!shown.ours.isSo) ledger.fail(`${flaw.title}: we ${shown.ours.text}`);
    }
    return { cases: FLAWS.length, facts: [] };
  },
};
