import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Violation } from "../../laboratory/layer.js";
import type { DiskRack } from "./disk/disk-rack.js";
import { CACHED_CASES, type FileSystemCase } from "./disk/file-systems.js";
import { Story } from "./story.js";
import { SYNC_FACTS, type SyncFact, syncDirectory } from "./sync-facts.js";

/** What `--case` takes to measure them alone. */
export const SYNC_FACTS_CASE = "sync-facts";

export interface SyncFindings {
  /** A line for each fact: what each file system left. */
  facts: string[];
  /** What the product relies on, and does not get. */
  violations: Violation[];
}

/** Cuts the power behind each of the facts' calls, on each file system. */
export async function measureSyncFacts(rack: DiskRack): Promise<SyncFindings> {
  const left = new Map<SyncFact, string[]>(SYNC_FACTS.map((fact) => [fact, []]));
  const violations: Violation[] = [];
  for (const fileSystem of CACHED_CASES) {
    const found = await measureOn(fileSystem, rack);
    for (const [fact, what] of found) {
      left.get(fact)!.push(`${fileSystem.type} ${what}`);
      if (fact.must !== undefined && what !== fact.must) violations.push(broken(fileSystem, fact, what));
    }
  }
  return {
    facts: [...left].map(([{ calls }, found]) => `after "${calls}": ${found.join(", ")}`),
    violations,
  };
}

async function measureOn(fileSystem: FileSystemCase, rack: DiskRack): Promise<Map<SyncFact, string>> {
  const found = new Map<SyncFact, string>();
  const disk = await rack.freshCachedDisk(fileSystem);
  try {
    for (const [number, fact] of SYNC_FACTS.entries()) {
      const directory = join(disk.mountPoint, `${number}`);
      mkdirSync(directory);
      syncDirectory(directory);
      syncDirectory(disk.mountPoint);
      fact.act(directory);
      await disk.loseCache({ seed: 0, keptShare: 0 });
      await disk.restorePower();
      found.set(fact, fact.look(directory));
    }
  } finally {
    await disk.remove();
  }
  return found;
}

function broken({ name }: FileSystemCase, { calls, must }: SyncFact, found: string): Violation {
  const story = new Story(`${name}: ${calls}, then a power cut that loses all that was not flushed`);
  return story.violation(SYNC_FACTS_CASE, new Error(`expected ${must}, found ${found}`));
}
