import { join } from "node:path";
import { RecordLog, salvageTo, verifyLog } from "@datawal/record-log";
import { segmentFile } from "../kit/store-files.js";
import { ReferenceProcess } from "../reference/reference-process.js";
import { Reference } from "../sides/reference.js";
import { attempt } from "../sides/refusal.js";
import type { Finding, FlawShown, FlawStage } from "./flaw.js";
import { afterwards, copyFor, cutOff, PROMISED, payloadsOf, shorten, threeRecords } from "./three-records.js";

/** The reference loses what it acknowledged; ours keeps it on the same torn bytes, and rescues it from the reference's. */
export async function appendAfter(stage: FlawStage, tear: (path: string) => void): Promise<FlawShown> {
  const dir = await threeRecords(stage);
  tear(segmentFile(dir, 1));
  return { reference: await referenceAppends(stage, dir), ours: await weAppendAndRescue(stage, dir) };
}

/** Works on a copy. */
async function referenceAppends(stage: FlawStage, torn: string): Promise<Finding> {
  const dir = copyFor(torn, "theirs");
  const log = await stage.reference.open(dir, "log");
  await log.append(Buffer.from(PROMISED));
  await log.fsync();
  await log.close();
  return await afterwards(stage, dir);
}

async function weAppendAndRescue(stage: FlawStage, torn: string): Promise<Finding> {
  const dir = copyFor(torn, "ours");
  using first = RecordLog.openSync(dir);
  first.append(PROMISED);
  first.closeSync();
  const kept = payloadsOf(dir).includes(PROMISED);
  const theirs = join(torn, "../theirs");
  const { verdict, damages } = await verifyLog(theirs);
  const beyond = damages.reduce((sum, damage) => sum + damage.validFramesBeyond, 0);
  const target = stage.scratch.newPath();
  await salvageTo(theirs, target);
  const isRescued = payloadsOf(target).includes(PROMISED);
  return {
    text: `${kept ? "keep" : "LOSE"} it at every open; of what the reference left, verify says "${verdict}", ${beyond} valid frames beyond, and repair ${isRescued ? "brings the record back" : "DOES NOT bring it back"}`,
    isSo: kept && isRescued && verdict === "damaged",
  };
}

/** A limit on the size of files stands for the full disk: the write is cut short in the same way. */
export async function fullDisk(stage: FlawStage): Promise<FlawShown> {
  const dir = stage.scratch.directory();
  const torn = join(dir, "torn");
  const [program] = stage.process.command;
  const limited = ["sh", "-c", `trap "" XFSZ; ulimit -f 8; exec "$0"`, program] as const;
  let advice = "";
  {
    await using small = new ReferenceProcess(limited);
    const log = await new Reference(small).open(torn, "log");
    for (let isFull = false; !isFull; ) isFull = !(await attempt(() => log.append(Buffer.alloc(300)))).ok;
    const refused = await attempt(() => log.append(Buffer.alloc(1)));
    if (!refused.ok) advice = refused.refusal.text;
  }
  const reference = await referenceAppends(stage, torn);
  return {
    reference: { ...reference, text: `says "${advice}"; then ${reference.text}` },
    ours: await weAppendAndRescue(stage, torn),
  };
}

export async function rotateAfterTear(stage: FlawStage): Promise<FlawShown> {
  const dir = await threeRecords(stage);
  cutOff(segmentFile(dir, 1), 5);
  const theirs = copyFor(dir, "theirs");
  const log = await stage.reference.open(theirs, "log");
  await log.rotate();
  await log.close();
  const again = await attempt(() => stage.reference.open(theirs, "log"));
  const ours = copyFor(dir, "ours");
  using first = RecordLog.openSync(ours);
  first.rotateSync();
  first.closeSync();
  const count = payloadsOf(ours).length;
  return {
    reference: {
      text: again.ok ? "opens it" : `cannot open the store any more: ${shorten(again.refusal.text)}`,
      isSo: !again.ok,
    },
    ours: { text: `open it with its ${count} whole records`, isSo: count === 2 },
  };
}
