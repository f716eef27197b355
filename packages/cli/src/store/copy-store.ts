import type { DataWalReader } from "datawal";
import type { Environment } from "../environment.js";
import { ExitCode, exitCodeOf, verdictOfTail } from "../exit-code.js";
import { Failure } from "../failure.js";
import { openReader, readStore } from "./open-store.js";
import { describeTail, warnOfTail } from "./tail-warning.js";

/**
 * Opens a store for a command that writes its live state elsewhere. Where valid frames lie beyond damage, the state
 * that can be read is not the store's, and nothing is written; a torn tail is warned of.
 */
export async function copyStore(
  command: string,
  store: string,
  environment: Environment,
  copy: (reader: DataWalReader) => Promise<void>,
): Promise<ExitCode> {
  const reader = await openReader(store);
  try {
    const report = reader.recoveryReport();
    if (exitCodeOf(verdictOfTail(report)) === ExitCode.corruption) {
      throw new Failure(`nothing was written: ${describeTail(store, report)}`, ExitCode.corruption);
    }
    await readStore(store, () => copy(reader));
    return warnOfTail(command, store, report, environment);
  } finally {
    await reader.close();
  }
}
