import { appendFileSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RecordLog, salvageTo } from "@datawal/record-log";
import { segmentFile } from "../kit/store-files.js";
import { attempt } from "../sides/refusal.js";
import type { FlawShown, FlawStage } from "./flaw.js";
import { copyFor, payloadsOf, shorten, threeRecords } from "./three-records.js";

export async function flippedBit(stage: FlawStage): Promise<FlawShown> {
  const dir = await threeRecords(stage);
  const path = segmentFile(dir, 1);
  const bytes = readFileSync(path);
  bytes[25]! ^= 1;
  writeFileSync(path, bytes);
  const log = await stage.reference.open(copyFor(dir, "theirs"), "log");
  const seen = (await log.records()).length;
  await log.close();
  const target = stage.scratch.newPath();
  const { records } = await salvageTo(dir, target);
  using ours = RecordLog.openSync(dir);
  const { validFramesBeyond, quarantinePath } = ours.recoveryReport();
  return {
    reference: { text: `opens the store with ${seen} of 3 records and no error`, isSo: seen === 0 },
    ours: {
      text: `open it too, and report ${validFramesBeyond} valid frames beyond the damage, kept in quarantine; { recover: "strict" } refuses; repair saves ${records} records`,
      isSo: validFramesBeyond === 2 && quarantinePath !== undefined && records === 2,
    },
  };
}

export async function zeroEnd(stage: FlawStage): Promise<FlawShown> {
  const dir = await threeRecords(stage);
  appendFileSync(segmentFile(dir, 1), Buffer.alloc(100));
  const opened = await attempt(() => stage.reference.open(copyFor(dir, "theirs"), "log"));
  const count = payloadsOf(dir).length;
  return {
    reference: {
      text: opened.ok ? "opens it" : `cannot open the store: ${shorten(opened.refusal.text)}`,
      isSo: !opened.ok,
    },
    ours: { text: `open it with all ${count} records`, isSo: count === 3 },
  };
}

export async function missingSegment(stage: FlawStage): Promise<FlawShown> {
  const dir = join(stage.scratch.directory(), "store");
  const log = await stage.reference.open(dir, "log");
  await log.appendRecord(1, Buffer.from("secret"), Buffer.from("value"));
  await log.rotate();
  await log.appendRecord(2, Buffer.from("secret"), new Uint8Array(0));
  await log.rotate();
  await log.appendRecord(1, Buffer.from("other"), Buffer.from("value"));
  await log.fsync();
  await log.close();
  unlinkSync(segmentFile(dir, 2));
  const kv = await stage.reference.open(copyFor(dir, "theirs"), "kv");
  const isBack = (await kv.get(Buffer.from("secret"))) !== undefined;
  await kv.close();
  const strict = await attempt(() => RecordLog.openSync(dir, { recover: "strict" }));
  using ours = RecordLog.openSync(dir);
  const isTold = ours.recoveryReport().warnings.some(({ kind }) => kind === "missing-segment");
  return {
    reference: {
      text: isBack ? "finds the deleted key again, and reports a clean log" : "does not find the key",
      isSo: isBack,
    },
    ours: {
      text: `warn that segment 2 is missing (${isTold ? "told" : "NOT told"}); { recover: "strict" } ${strict.ok ? "DOES NOT refuse" : "refuses to open"}`,
      isSo: isTold && !strict.ok,
    },
  };
}
