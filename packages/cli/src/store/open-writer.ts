import { resolve } from "node:path";
import { RecordLogReader, type RecoveryReport } from "@datawal/record-log";
import { removeEmptyStore, storePlace } from "@datawal/record-log/internal";
import { type LongOperationOptions, nodeFileSystem } from "@datawal/safeatomic";
import { runAsync } from "@datawal/safeatomic/internal";
import type { Environment } from "../environment.js";
import { ExitCode } from "../exit-code.js";
import { Failure } from "../failure.js";
import { writeMessage } from "../render/message.js";
import { tellWarnings } from "./gap-warning.js";
import { readStore } from "./open-store.js";
import { noStore } from "./store-failure.js";
import { describeTail } from "./tail-warning.js";
import { verdictOfTail } from "./verdict-of-tail.js";
import { whatIsThere } from "./what-is-there.js";

/** A handle that holds a store's lock: of its pairs or of its records. */
interface Writer {
  recoveryReport(): RecoveryReport;
  fsync(): Promise<void>;
  close(): Promise<void>;
}

/** Which store a command changes. */
export interface WriteTarget {
  store: string;
  /** Whether a missing one is made; `undefined` where the command makes none. */
  create?: boolean | undefined;
}

/**
 * Opens a store, changes it, and makes that durable. A torn tail is cut off as every open for writing does, and that is
 * said, and so is all that the report warns of. A damaged store is left as it is: opening it would put valid frames
 * aside; so is one that lacks synced data: opening it would forget that.
 *
 * @param open `DataWal.open` or `RecordLog.open`.
 * @param change What the command does; what it returns is returned.
 * @throws Failure
 */
export async function changeStore<W extends Writer, T>(
  command: string,
  { store, create }: WriteTarget,
  environment: Environment,
  open: (store: string, options: LongOperationOptions & { create: boolean }) => Promise<W>,
  change: (writer: W) => T | Promise<T>,
): Promise<T> {
  const there = await whatIsThere(store);
  if (there !== "a store" && !create)
    throw noStore(store, there, { advice: create === false ? "to make one add --create" : undefined });
  if (there !== "nothing") await requireSound(command, store, environment);
  return await readStore(store, async () => {
    const writer = await open(store, { ...environment.watch, create: create === true });
    let isChanged = false;
    try {
      tellCutTail(command, writer.recoveryReport(), environment);
      tellWarnings(command, store, writer.recoveryReport(), environment);
      const changed = await change(writer);
      await writer.fsync();
      isChanged = true;
      return changed;
    } finally {
      await writer.close();
      if (!isChanged && there !== "a store") await removeMade(store, there === "nothing");
    }
  });
}

/** A new store that got no record would be taken for one that has lost them all. */
async function removeMade(store: string, withDirectory: boolean): Promise<void> {
  try {
    const place = storePlace(nodeFileSystem, resolve(store));
    await runAsync(removeEmptyStore(nodeFileSystem, place, withDirectory));
  } catch {
    // What made the command fail is to be told, and not that an empty store is left.
  }
}

async function requireSound(command: string, store: string, { watch }: Environment): Promise<void> {
  // Also one whose segments are all gone: what is left of it may say so.
  await using reader = await readStore(store, () => RecordLogReader.open(store, watch));
  const report = reader.recoveryReport();
  if (verdictOfTail(report) !== "damaged") return;
  throw new Failure(`${command}: nothing was changed: ${describeTail(store, report)}`, ExitCode.corruption);
}

function tellCutTail(command: string, report: RecoveryReport, { stderr }: Environment): void {
  const { tailTruncated, tailBytesDiscarded } = report;
  if (tailTruncated === 0) return;
  writeMessage(
    stderr,
    command,
    `a torn tail of ${tailBytesDiscarded} bytes was cut off (${describeKept(report)})`,
  );
}

function describeKept({ quarantinePath, warnings }: RecoveryReport): string {
  if (quarantinePath !== undefined) return `kept in ${quarantinePath}`;
  return warnings.some(({ kind }) => kind === "cut-without-quarantine") ? "not kept" : "all zero";
}
