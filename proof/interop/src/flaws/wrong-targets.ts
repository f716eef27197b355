import { existsSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeAtomicSync } from "@datawal/safeatomic";
import { DataWal } from "datawal";
import { segmentFile } from "../kit/store-files.js";
import { Operation } from "../reference/operations.js";
import type { FlawShown, FlawStage } from "./flaw.js";
import { copyFor } from "./three-records.js";

export async function wrongValue(stage: FlawStage): Promise<FlawShown> {
  const dir = join(stage.scratch.directory(), "store");
  const torn = await stage.reference.open(dir, "kv");
  await torn.put(Buffer.from("torn"), Buffer.alloc(50));
  await torn.close();
  truncateSync(segmentFile(dir, 1), 40);
  const theirs = await stage.reference.open(copyFor(dir, "theirs"), "kv");
  using ours = DataWal.openSync(dir);
  for (const number of [0, 1, 2]) {
    await theirs.put(Buffer.from(`key-${number}`), Buffer.from(`value-${number}`));
    ours.put(`key-${number}`, `value-${number}`);
  }
  const got = Buffer.from((await theirs.get(Buffer.from("key-1"))) ?? []).toString();
  await theirs.close();
  const gotByUs = Buffer.from(ours.get("key-1") ?? []).toString();
  return {
    reference: { text: `returns "${got}" for key-1`, isSo: got !== "value-1" },
    ours: { text: `return "${gotByUs}" for key-1`, isSo: gotByUs === "value-1" },
  };
}

export async function neighbouringFile({ process, scratch }: FlawStage): Promise<FlawShown> {
  const write = (dir: string) => {
    writeFileSync(join(dir, "notes.tmp"), "a year's work");
    return join(dir, "notes.json");
  };
  const [theirs, ours] = [scratch.directory(), scratch.directory()];
  const target = write(theirs);
  await process.request(Operation.writeAtomic, (message) => message.text(target).bytes(Buffer.from("{}")));
  writeAtomicSync(write(ours), "{}");
  const isLost = !existsSync(join(theirs, "notes.tmp"));
  const isKept = existsSync(join(ours, "notes.tmp"));
  return {
    reference: { text: isLost ? "notes.tmp is gone" : "notes.tmp is there", isSo: isLost },
    ours: { text: isKept ? "leave notes.tmp as it was" : "LOSE notes.tmp", isSo: isKept },
  };
}
