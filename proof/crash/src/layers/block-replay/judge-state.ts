import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Files, isDurable, isUntouched, OracleViolation } from "@datawal/oracle";
import { DataWalReader, isRecordLogError, type RecoveryReport, replaceStore } from "datawal";
import { inspect, judge, readFiles } from "../power-cut/judge.js";
import { tailOf } from "../power-cut/tail.js";
import type { Ledger } from "./ledger.js";
import type { Place } from "./place.js";

/** What an operation has published, when nothing went wrong: path to files. */
export type Published = ReadonlyMap<string, Files>;

export function readPublished({ publications }: Ledger): Published {
  return new Map(publications.map(({ path }) => [path, filesOf(path)]));
}

/** What was found in a state: a word for each thing that a figure counts. */
export type Finding =
  | "torn"
  | "zero-filled"
  | "repaired"
  | "swap finished"
  | "nothing published"
  | "no store";

/**
 * Judges the store, and what was made beside it, that a power cut at the end of an epoch has left.
 *
 * @throws OracleViolation
 */
export async function judgeState(
  place: Place,
  epoch: number,
  { ledger, published, tail }: { ledger: Ledger; published: Published; tail: Uint8Array | undefined },
): Promise<Finding[]> {
  const findings: Finding[] = [];
  judgePublications(ledger, published, epoch, findings);
  const { successor } = ledger;
  const isSwapped = successor !== undefined && successor.acknowledgedIn <= epoch;
  if (successor && !isSwapped && (await finishSwap(place))) findings.push("swap finished");
  if (!existsSync(place.store)) {
    isDurable([], ledger.at(epoch, 0).acknowledged);
    return [...findings, "no store"];
  }
  const later = successor ? [successor.ledger] : [];
  const owners = isSwapped ? later : [ledger, ...later];
  const found = tailOf(inspect(place.store));
  if (found !== "clean") findings.push(found);
  const report = judgeAsOneOf(owners, place, epoch);
  if (report.tailTruncated !== 0) findings.push("repaired");
  if (tail) isKept(place, tail);
  return findings;
}

/** All or nothing; all where that was acknowledged. */
function judgePublications(ledger: Ledger, published: Published, epoch: number, findings: Finding[]): void {
  for (const { path, acknowledgedIn } of ledger.publications) {
    const isAcknowledged = acknowledgedIn <= epoch;
    const files = filesOf(path);
    const isThere = Object.keys(files).length > 0;
    if (isAcknowledged && !isThere) throw new OracleViolation("1 durable", `${path} is not there`);
    if (isThere) isUntouched(published.get(path)!, files);
    else findings.push("nothing published");
  }
}

/** A publication's files but locks and temporaries; the one file under its own name where it is one. */
function filesOf(path: string): Files {
  if (!existsSync(path)) return {};
  if (statSync(path).isFile()) return { [path]: readFileSync(path) };
  const files = Object.entries(readFiles(path));
  return Object.fromEntries(files.filter(([name]) => name !== ".lock" && !name.endsWith(".new")));
}

/** Does what the refusal of a store that a swap has left says. @returns whether there was one. */
async function finishSwap({ store, target }: Place): Promise<boolean> {
  try {
    DataWalReader.openSync(store).closeSync();
    return false;
  } catch (error) {
    if (!isRecordLogError(error, "ERR_DATAWAL_SWAP_UNFINISHED")) throw error;
    await replaceStore(store, target);
    return true;
  }
}

/** A store that is being put in the place of another has the records of either. */
function judgeAsOneOf([ledger, ...others]: readonly Ledger[], place: Place, epoch: number): RecoveryReport {
  try {
    return judge(place.store, "pairs", ledger!.at(epoch, missingRecords(place)));
  } catch (error) {
    if (others.length === 0) throw error;
    return judgeAsOneOf(others, place, epoch);
  }
}

/** How many records are missing at the front of the log. */
function missingRecords({ store }: Place): number {
  using reader = DataWalReader.openSync(store);
  const [first] = reader.scan();
  return first ? Number(first.txid) - 1 : 0;
}

/** Disk-rules R4: what was cut off is kept beside the segment. */
function isKept({ store }: Place, tail: Uint8Array): void {
  const names = readdirSync(store).filter((name) => name.includes(".cut-"));
  if (names.some((name) => readFileSync(join(store, name)).includes(Buffer.from(tail)))) return;
  throw new OracleViolation("1 durable", `${tail.length} bytes were cut off, and are kept nowhere`);
}
