import { readdirSync, statSync } from "node:fs";
import { COMPACTED, EXPORTED, STORE } from "../paths.js";
import { counted, detail, say } from "../story.js";

/** Lists what the demo leaves behind, and what it is. */
export function tellFiles(): void {
  const names = readdirSync(STORE).sort();
  const segments = names.filter((name) => name.endsWith(".dwal"));
  const sealed = segments.length - 1;
  if (sealed > 0) {
    tellFile(`${STORE}/${segments[0]}`, "a sealed segment: full, never written again");
    if (sealed > 1) say(`... and ${sealed - 1} more like it`);
  }
  tellFile(`${STORE}/${segments.at(-1)}`, "the active segment: new records go to its end");
  for (const name of names.filter((name) => name.includes(".cut-")))
    tellFile(`${STORE}/${name}`, "quarantine: the half frame that was cut off; yours to look at and remove");
  tellFile(`${STORE}/.lock`, "who writes: a lock that the kernel drops when the writer dies");
  tellFile(EXPORTED, "the live keys and values as JSON lines");
  tellFile(`${COMPACTED}/${readdirSync(COMPACTED)[0]}`, "the compacted store's one segment");
}

function tellFile(path: string, phrase: string): void {
  say(`${path}: ${counted(statSync(path).size, "byte")}`);
  detail(phrase);
}
