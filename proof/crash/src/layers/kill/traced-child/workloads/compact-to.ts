import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OracleViolation } from "@datawal/oracle";
import { DataWal, DataWalReader } from "datawal";
import type { Place } from "../place.js";
import { largeRecords, plannedRecords } from "../planned-records.js";
import { type Aftermath, NOTHING_PREPARED, type Workload } from "../workload.js";
import { makeStore, SEGMENT } from "./existing-store.js";
import { sourceIsUntouched } from "./source-untouched.js";

const EXISTING_COUNT = 40;

/** A target below missing directories, an empty one, one with what a killed compaction leaves, and a second new one. */
const TARGETS = ["below/missing", "empty", "leftover", "new"];

const targetOf = ({ directory }: Place, name: string) => join(directory, "copies", name);

export const compactTo: Workload = {
  name: "compact-to",
  plan: largeRecords,
  prepare(place, seed) {
    makeStore(place, plannedRecords(largeRecords, seed, EXISTING_COUNT));
    for (const name of ["empty", "leftover"]) mkdirSync(targetOf(place, name), { recursive: true });
    writeFileSync(join(targetOf(place, "leftover"), `${SEGMENT}.new`), "half a frame");
    return { ...NOTHING_PREPARED, existingCount: EXISTING_COUNT };
  },
  perform: (performer) =>
    performer.withStore(Number.POSITIVE_INFINITY, async (store) => {
      performer.putOrDelete(store);
      for (const name of TARGETS) {
        const target = targetOf(performer.order.place, name);
        await performer.publish(
          name,
          () => store.compactToSync(target),
          () => store.compactTo(target),
        );
      }
    }),
  inspect(aftermath) {
    sourceIsUntouched(aftermath, compactTo);
    using source = DataWal.openSync(aftermath.place.store);
    for (const name of TARGETS) inspectTarget(aftermath, source, name);
  },
};

/** The copy is complete, or there is none and a compaction to the same place succeeds. */
function inspectTarget({ place, testimony }: Aftermath, source: DataWal, name: string): void {
  const target = targetOf(place, name);
  const isThere = existsSync(join(target, SEGMENT));
  if (testimony.published.includes(name) && !isThere)
    throw new OracleViolation("1 durable", `the copy ${name} was published and is gone`);
  if (isThere) {
    // Killed behind the link, it left a twin, which this removes.
    DataWal.openSync(target).closeSync();
    using copy = DataWalReader.openSync(target);
    holdsTheSame(source, copy, name);
    const others = readdirSync(target).filter((other) => other !== SEGMENT && other !== ".lock");
    if (others.length > 0) throw new OracleViolation("8 no leak", `the copy ${name} has ${others} beside it`);
  } else {
    source.compactToSync(target);
  }
}

/** The source has gained nothing since: the compactions were its handle's last calls. */
function holdsTheSame(source: DataWal, copy: DataWalReader, name: string): void {
  for (const [key, value] of source.entries()) {
    const copied = copy.get(key);
    if (!copied || Buffer.compare(copied, value) !== 0)
      throw new OracleViolation(
        "7 no wrong answer",
        `the copy ${name} has another value of ${Buffer.from(key)}`,
      );
  }
  if (copy.size !== source.size)
    throw new OracleViolation(
      "3 nothing fabricated",
      `the copy ${name} has ${copy.size} keys, not ${source.size}`,
    );
}
