import { readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { RecordLog } from "@datawal/record-log";
import { copyStore } from "../kit/store-files.js";
import { attempt } from "../sides/refusal.js";
import type { Finding, FlawStage } from "./flaw.js";

/** What is appended, and acknowledged, after the damage is done. */
export const PROMISED = "acknowledged";

export async function threeRecords({ reference, scratch }: FlawStage): Promise<string> {
  const dir = join(scratch.directory(), "store");
  const log = await reference.open(dir, "log");
  for (const payload of ["first", "second", "third"]) await log.append(Buffer.from(payload));
  await log.fsync();
  await log.close();
  return dir;
}

/** Beside the original. */
export function copyFor(dir: string, name: string): string {
  const copy = join(dir, "..", name);
  copyStore(dir, copy);
  return copy;
}

export function cutOff(path: string, byteCount: number): void {
  truncateSync(path, readFileSync(path).length - byteCount);
}

export function payloadsOf(dir: string): string[] {
  using log = RecordLog.openSync(dir);
  return [...log.scan()].map(({ payload }) => Buffer.from(payload).toString());
}

export function shorten(text: string): string {
  return text.replace(/\(\/[^)]*\)/, "").replace(/\s+/g, " ");
}

/** What an open by the reference shows of the promised record. */
export async function afterwards({ reference }: FlawStage, dir: string): Promise<Finding> {
  const opened = await attempt(async () => {
    const log = await reference.open(dir, "log");
    const records = await log.records();
    await log.close();
    return records.map(({ payload }) => Buffer.from(payload).toString());
  });
  if (!opened.ok)
    return { text: `cannot open the store any more: ${shorten(opened.refusal.text)}`, isSo: true };
  const isThere = opened.value.includes(PROMISED);
  return {
    text: isThere ? "finds the record" : `opens the store without an error; the acknowledged record is gone`,
    isSo: !isThere,
  };
}
