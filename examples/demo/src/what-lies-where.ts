import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DemoPaths } from "./demo-paths.js";
import { counted, type Story } from "./story.js";

/** How many files of one kind are told one by one. */
const SHOWN_MAX = 3;

/** Lists every file that the demo leaves behind, and what it is. */
export function tellFiles({ store, exported, compacted }: DemoPaths, story: Story): void {
  const names = readdirSync(store).sort();
  const segments = names.filter((name) => name.endsWith(".dwal"));
  const sealed = segments.slice(0, -1);
  for (const name of sealed.slice(0, SHOWN_MAX))
    tellFile(join(store, name), "a sealed segment: full, never written again", story);
  if (sealed.length > SHOWN_MAX)
    story.say(`... and ${counted(sealed.length - SHOWN_MAX, "sealed segment")} more`);
  for (const name of segments.slice(-1))
    tellFile(join(store, name), "the active segment: new records go to its end", story);
  for (const name of names.filter((name) => /\.cut-/.test(name))) {
    tellFile(
      join(store, name),
      "quarantine: the half frame that was cut off; yours to look at and remove",
      story,
    );
  }
  tellFile(join(store, ".lock"), "who writes: a lock that the kernel drops when the writer dies", story);
  tellFile(exported, "the live keys and values as JSON lines", story);
  for (const name of readdirSync(compacted))
    tellFile(join(compacted, name), "the compacted store's one segment", story);
}

function tellFile(path: string, phrase: string, story: Story): void {
  story.say(`${path}  ${counted(statSync(path).size, "byte")}`);
  story.detail(phrase);
}
