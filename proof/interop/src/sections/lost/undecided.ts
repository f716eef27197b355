import { readFileSync } from "node:fs";
import { CRC_LEN, HEADER_LEN } from "@datawal/format";
import { RecordLog, salvageTo } from "@datawal/record-log";
import { QUARANTINE_HEADER_LEN } from "@datawal/record-log/internal";
import type { Scratch } from "../../kit/scratch.js";
import { readStoreFiles, segmentFile } from "../../kit/store-files.js";
import { changedPaths, readTree } from "../../kit/tree.js";
import { attempt } from "../../sides/refusal.js";
import { type Acknowledged, frameLen, type TearCase } from "./tear.js";

/**
 * Whether what was appended cannot be told from a log that is stored as a payload (docs/decisions/0003): the tear is
 * exactly where the torn record's payload begins, and the file ends within what that payload would have been.
 */
export function isUndecided({ torn, at, how }: TearCase, { dir, tornOffset }: Acknowledged): boolean {
  const { length } = readFileSync(segmentFile(dir, 1));
  return how === "cut" && at === HEADER_LEN + torn.keyLen && length < tornOffset + frameLen(torn) - CRC_LEN;
}

/**
 * What is left out must at least be said and kept: salvage lists every byte from the torn frame on and leaves the store
 * as it is; an open either refuses or keeps them in a quarantine file. Returns what is wrong.
 */
export async function problemsOfLeavingOut(made: Acknowledged, scratch: Scratch): Promise<string[]> {
  const { dir, tornOffset } = made;
  const path = segmentFile(dir, 1);
  const undecided = readFileSync(path).subarray(tornOffset);
  const before = readTree(dir);
  const { lost } = await salvageTo(dir, scratch.newPath());
  const isListed = lost.some(
    (each) => each.path === path && each.offset === tornOffset && each.bytes === undecided.length,
  );
  const problems = isListed ? [] : ["what is undecided is not listed as lost"];
  if (changedPaths(before, readTree(dir)).length > 0) problems.push("salvage has changed the store");
  const opened = await attempt(async () => (await RecordLog.open(dir)).close());
  if (opened.ok ? !isQuarantined(dir, undecided) : changedPaths(before, readTree(dir), [".lock"]).length > 0)
    problems.push("an open does not keep what is undecided");
  return problems;
}

function isQuarantined(dir: string, bytes: Uint8Array): boolean {
  const names = readStoreFiles(dir).others.filter((name) => name.includes(".cut-"));
  return names.some((name) => readFileSync(`${dir}/${name}`).subarray(QUARANTINE_HEADER_LEN).equals(bytes));
}
