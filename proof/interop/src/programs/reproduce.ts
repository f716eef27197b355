// Makes each of the reference's data-loss flaws happen, against the crate itself, and shows what we do with the same
// bytes. `node proof/interop/reproduce.mjs` builds and starts it.
import { FLAWS } from "../flaws/flaws.js";
import { makeScratch } from "../kit/scratch.js";
import { ReferenceProcess } from "../reference/reference-process.js";
import { Reference } from "../sides/reference.js";

const [program] = process.argv.slice(2);
let unexpected = 0;
using scratch = makeScratch();
for (const [index, flaw] of FLAWS.entries()) {
  await using reference = new ReferenceProcess([program!]);
  const shown = await flaw.show({ reference: new Reference(reference), process: reference, scratch });
  console.log(`\n${index + 1}. ${flaw.title}`);
  console.log(`   ${flaw.steps}`);
  console.log(`   the crate: ${shown.reference.text}`);
  console.log(`   we:        ${shown.ours.text}`);
  if (!shown.reference.isSo || !shown.ours.isSo) {
    unexpected++;
    console.log("   UNEXPECTED: this flaw did not show itself, or ours did not do better");
  }
}
console.log(`\n${FLAWS.length - unexpected} of ${FLAWS.length} reproduced`);
process.exitCode = unexpected === 0 ? 0 : 1;
