import { RecordType } from "@datawal/format";
import type { SeenRecord, Side } from "../../sides/side.js";
import { KEYS } from "../differential/operation.js";

/** One call of the reference's, or two. */
type Step = "append" | "append what we would" | "rotate" | "open again";

/** What it does in a store whose group is cut. */
export type Visit = readonly Step[];

export const VISITS: readonly Visit[] = [
  [],
  ["append"],
  // The application starts again, and appends the first record of its group: the same, but for the txid.
  ["append what we would"],
  ["append", "open again", "append"],
  ["rotate"],
  ["append", "rotate"],
  ["rotate", "append"],
];

/** For where a frame is torn: behind it a second open of the reference's loses what it has appended, or is refused. */
export const VISITS_OF_TORN = VISITS.filter(
  (steps) => !steps.includes("open again") && !steps.includes("append what we would"),
);

/** Syncs at the end. @param ours The first record of the group that is cut. @returns The payloads that it appended. */
export async function pay(visit: Visit, dir: string, reference: Side, ours: SeenRecord): Promise<string[]> {
  const appended: string[] = [];
  let log = await reference.open(dir, "log");
  for (const [index, step] of visit.entries()) {
    if (step === "rotate") await log.rotate();
    else if (step === "append what we would")
      await log.appendRecord(ours.type as RecordType, ours.key, ours.payload);
    else if (step === "append") {
      appended.push(`by the reference, ${index}`);
      await log.appendRecord(RecordType.Put, KEYS[1]!, Buffer.from(appended.at(-1)!));
    } else {
      await log.fsync();
      await log.close();
      log = await reference.open(dir, "log");
    }
  }
  await log.fsync();
  await log.close();
  return appended;
}
