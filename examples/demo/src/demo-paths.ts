import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Where the demo leaves everything, below the directory it was started in. */
const ROOT = "demo-store";

export interface DemoPaths {
  root: string;
  store: string;
  exported: string;
  compacted: string;
  /** A copy of an input that can be read only once; removed at the end. */
  spool: string;
}

export const demoPaths: DemoPaths = {
  root: ROOT,
  store: join(ROOT, "log"),
  exported: join(ROOT, "export.jsonl"),
  compacted: join(ROOT, "compacted"),
  spool: join(ROOT, "input"),
};

/** Makes the root; what an earlier run left there stays until the input is known to be good. */
export function makeRoot({ root }: DemoPaths): void {
  mkdirSync(root, { recursive: true });
}

/** Removes what an earlier run left, and nothing else. */
export function removeEarlierRun({ store, exported, compacted }: DemoPaths): void {
  for (const path of [store, exported, compacted]) rmSync(path, { recursive: true, force: true });
}

export function removeSpool({ spool }: DemoPaths): void {
  rmSync(spool, { force: true });
}
