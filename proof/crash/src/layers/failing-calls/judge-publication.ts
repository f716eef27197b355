import { type Files, OracleViolation } from "@datawal/oracle";
import { BrokenDemand } from "../broken-demand.js";
import { describeFiles, filesWhere, isTemporary, sameFiles, treeOf } from "./disk-tree.js";
import type { Aftermath } from "./workload.js";

/** What an operation makes of the files of a disk: all of it, or nothing. */
export interface Publication {
  before: Files;
  after: Files;
  /** What a power cut half way may leave besides. */
  between?: Files | undefined;
  /** Whether it appends in place: a file that was to be made may stay, empty, and what is not durable may be torn. */
  isInPlace?: boolean | undefined;
}

/** The change is there, but may not be durable. */
const NOT_DURABLE = "ERR_DATAWAL_CHANGE_NOT_DURABLE";
/** Part of the bytes are there: said only where they could not be taken back. */
const TORN = "ERR_DATAWAL_TORN_APPEND";

/**
 * Asks whether what was published is there, whole and durable, where the operation succeeded, and nothing of it where it
 * failed.
 *
 * @param isPart Which paths of the disk the operation is about.
 */
export function judgePublication(
  { disk, error, ending }: Aftermath,
  publication: Publication,
  isPart: (path: string) => boolean = () => true,
): void {
  const { before, after, between, isInPlace } = publication;
  const isRelevant = (path: string) => isPart(path) && !isTemporary(path);
  const all = filesWhere(treeOf(disk), isRelevant);
  const found = isInPlace
    ? filesWhere(all, (path) => all[path]!.length > 0 || before[path] !== undefined)
    : all;
  const code = (error as { code?: string } | undefined)?.code;
  const is = (files: Files | undefined) => files !== undefined && sameFiles(found, files);
  if (error === undefined) {
    if (!is(after))
      throw new OracleViolation("1 durable", `expected ${described(after)}, found ${described(found)}`);
  } else if (code === NOT_DURABLE) {
    const isUndone = is(before) || is(between) || (isInPlace && keepsOldBytes(found, before));
    const isLegal = is(after) || (ending === "power-cut" && isUndone);
    if (!isLegal) throw new BrokenDemand(WHOLE, `said to be in place, found ${described(found)}`);
  } else if (code === TORN) {
    if (!isTorn(found, publication))
      throw new BrokenDemand(WHOLE, `said to be torn, found ${described(found)}`);
  } else if (!is(before)) {
    throw new BrokenDemand(WHOLE, `it failed, expected ${described(before)}, found ${described(found)}`);
  }
}

const WHOLE = "a failed operation has changed nothing, or says so";
const described = describeFiles;

/** Every file has what it had, and of what was to be appended a first part. */
function isTorn(found: Files, { before, after }: Publication): boolean {
  return Object.entries(found).every(([path, content]) => {
    const [old, whole] = [before[path] ?? new Uint8Array(0), after[path]];
    return whole !== undefined && startsWith(content, old) && startsWith(whole, content);
  });
}

/** Whatever has become of what was appended. */
function keepsOldBytes(found: Files, before: Files): boolean {
  return Object.entries(before).every(([path, old]) => found[path] && startsWith(found[path], old));
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return Buffer.compare(bytes.subarray(0, start.length), start) === 0;
}
