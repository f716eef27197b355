import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeRecord } from "@datawal/format";
import { RecordLog } from "@datawal/record-log";
import { segmentFile } from "../kit/store-files.js";
import { attempt } from "../sides/refusal.js";
import type { FlawShown, FlawStage } from "./flaw.js";
import { afterwards, copyFor, PROMISED, threeRecords } from "./three-records.js";

export async function pastTheLastId(stage: FlawStage): Promise<FlawShown> {
  const dir = join(stage.scratch.directory(), "store");
  mkdirSync(dir);
  writeFileSync(segmentFile(dir, 99_999_999), encodeRecord({ type: 0, txid: 1n, payload: "first" }));
  const theirs = copyFor(dir, "theirs");
  const log = await stage.reference.open(theirs, "log");
  await log.rotate();
  await log.append(Buffer.from(PROMISED));
  await log.fsync();
  await log.close();
  using ours = RecordLog.openSync(dir);
  const refused = await attempt(() => ours.rotateSync());
  return {
    reference: await afterwards(stage, theirs),
    ours: {
      text: `refuse to rotate (${refused.ok ? "NOT" : "ERR_DATAWAL_SEGMENT_ID_LIMIT"}) before anything is written`,
      isSo: !refused.ok && refused.refusal.kind === "segment-id-limit",
    },
  };
}

export async function throughALink(stage: FlawStage): Promise<FlawShown> {
  const dir = await threeRecords(stage);
  const elsewhere = join(dir, "../other-disk");
  mkdirSync(elsewhere);
  const segment = join(elsewhere, "00000001.dwal");
  renameSync(segmentFile(dir, 1), segment);
  symlinkSync(segment, segmentFile(dir, 1));
  const size = readFileSync(segment).length;
  const refused = await attempt(() => RecordLog.openSync(dir));
  const keptByUs = readFileSync(segment).length;
  await attempt(() => stage.reference.open(dir, "log"));
  const left = readFileSync(segment).length;
  return {
    reference: {
      text: `takes the store for empty; the segment's ${size} bytes are ${left} now`,
      isSo: left === 0,
    },
    ours: {
      text: `refuse to open it (${refused.ok ? "NOT" : "ERR_DATAWAL_SEGMENT_NOT_A_FILE"}) and leave the ${keptByUs} bytes alone`,
      isSo: !refused.ok && keptByUs === size,
    },
  };
}
