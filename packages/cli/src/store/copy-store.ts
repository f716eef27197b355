import type { RecoveryReport } from "@datawal/record-log";
import type { LongOperationOptions } from "@datawal/safeatomic";
import type { Environment } from "../environment.js";
import { ExitCode, exitCodeOf } from "../exit-code.js";
import { Failure } from "../failure.js";
import { tellWarnings } from "./gap-warning.js";
import { readStore } from "./open-store.js";
import { describeTail, warnOfTail } from "./tail-warning.js";
import { verdictOfTail } from "./verdict-of-tail.js";

interface Reader {
  recoveryReport(): RecoveryReport;
  close(): Promise<void>;
}

/**
 * Opens a store for a command that writes what it holds elsewhere. Where valid frames lie beyond damage, the state
 * that can be read is not the store's, and nothing is written; nor where synced data is missing. A torn tail is warned
 * of, and so is all that the report warns of.
 */
export async function copyStore<R extends Reader>(
  command: string,
  store: string,
  environment: Environment,
  open: (store: string, options: LongOperationOptions) => Promise<R>,
  copy: (reader: R) => Promise<void>,
): Promise<ExitCode> {
  const reader = await open(store, environment.watch);
  try {
    const report = reader.recoveryReport();
    requireWhole(store, report, "nothing was written");
    await readStore(store, () => copy(reader));
    tellWarnings(command, store, report, environment);
    return warnOfTail(command, store, report, environment);
  } finally {
    await reader.close();
  }
}

/** @throws Failure: valid frames lie beyond damage, or synced data is missing */
export function requireWhole(store: string, report: RecoveryReport, consequence: string): void {
  if (exitCodeOf(verdictOfTail(report)) !== ExitCode.corruption) return;
  throw new Failure(`${consequence}: ${describeTail(store, report)}`, ExitCode.corruption);
}
