import { DEVIATIONS } from "./deviations.js";

/** Between these lines docs/compatibility.md has the list. */
const BEGIN = "<!-- deviations -->";
const END = "<!-- end of deviations -->";

/** The document with the list as it is now. */
export function withDeviations(document: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`expected ${BEGIN} and ${END}, found not both`);
  return `${document.slice(0, begin + BEGIN.length)}\n\n${deviationsText()}\n${document.slice(end)}`;
}

function deviationsText(): string {
  const entries = Object.entries(DEVIATIONS).map(
    ([id, { crate, ours, reason }]) => `### ${id}

- The crate: ${crate}.
- Here: ${ours}.
- Why: ${reason}.
`,
  );
  return entries.join("\n");
}
