import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OracleViolation } from "@datawal/oracle";
import { DataWal } from "datawal";
import type { Place } from "../place.js";
import { largeRecords, plannedRecords } from "../planned-records.js";
import { type Aftermath, NOTHING_PREPARED, type Workload } from "../workload.js";
import { makeStore } from "./existing-store.js";
import { sourceIsUntouched } from "./source-untouched.js";

const EXISTING_COUNT = 40;

/** What is there before the exports. */
const OLD_TEXT = "an older export\n";

/** A new file, one below missing directories, one that is replaced, and one that must not be there yet. */
const EXPORTS = [
  { name: "new.jsonl", overwrite: true, isThere: false },
  { name: "below/missing.jsonl", overwrite: true, isThere: false },
  { name: "old.jsonl", overwrite: true, isThere: true },
  { name: "only-new.jsonl", overwrite: false, isThere: false },
] as const;

const pathOf = ({ directory }: Place, name: string) => join(directory, "exports", name);

export const exportJsonl: Workload = {
  name: "export-jsonl",
  plan: largeRecords,
  prepare(place, seed) {
    makeStore(place, plannedRecords(largeRecords, seed, EXISTING_COUNT));
    mkdirSync(join(place.directory, "exports"));
    for (const { name, isThere } of EXPORTS) if (isThere) writeFileSync(pathOf(place, name), OLD_TEXT);
    return { ...NOTHING_PREPARED, existingCount: EXISTING_COUNT };
  },
  perform: (performer) =>
    performer.withStore(Number.POSITIVE_INFINITY, async (store) => {
      performer.putOrDelete(store);
      for (const { name, overwrite } of EXPORTS) {
        const path = pathOf(performer.order.place, name);
        await performer.publish(
          name,
          () => store.exportJsonlSync(path, { overwrite }),
          () => store.exportJsonl(path, { overwrite }),
        );
      }
    }),
  inspect(aftermath) {
    sourceIsUntouched(aftermath, exportJsonl);
    const { place } = aftermath;
    using source = DataWal.openSync(place.store);
    const again = pathOf(place, "again.jsonl");
    source.exportJsonlSync(again);
    const complete = readFileSync(again, "latin1");
    for (const each of EXPORTS) inspectExport(aftermath, each, complete);
  },
};

/** The file is complete, or as it was. */
function inspectExport(
  { place, testimony }: Aftermath,
  { name, isThere }: (typeof EXPORTS)[number],
  complete: string,
): void {
  const path = pathOf(place, name);
  const text = existsSync(path) ? readFileSync(path, "latin1") : undefined;
  if (text === complete) return;
  if (testimony.published.includes(name))
    throw new OracleViolation(
      "1 durable",
      `the export ${name} was published, and is not what the store holds`,
    );
  if (text !== (isThere ? OLD_TEXT : undefined))
    throw new OracleViolation("6 source untouched", `the export ${name} is neither complete nor as it was`);
}
