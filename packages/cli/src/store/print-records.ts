import type { LogRecord, LogVerification } from "@datawal/record-log";
import { type Environment, watchPrinting } from "../environment.js";
import { ExitCode, exitCodeOf } from "../exit-code.js";
import { Failure } from "../failure.js";
import { verifyStore } from "./open-store.js";
import { warnOfUnread } from "./unread-warning.js";

export interface RecordPrinting {
  /** Gets each record; it is valid during the call. */
  print: (record: LogRecord) => void;
  /** Gets, in its place, each one that lies behind damage in its segment; they are left out when absent. */
  printBeyond?: ((record: LogRecord) => void) | undefined;
  /** How many are printed at most; all when absent. */
  limit?: number | undefined;
  /** Which are printed, and count for the limit; all when absent. */
  isAsked?: (record: LogRecord) => boolean;
}

/**
 * Prints the records that can be read, in the order of the log. The whole store is read even where little of it is
 * printed: the exit code speaks for all of it. Reading waits for the output at every piece of the log.
 *
 * @throws Failure: some of what was printed was dropped or compacted meanwhile; all that is left was printed behind it
 */
export async function printRecords(
  command: string,
  store: string,
  environment: Environment,
  { print, printBeyond, limit = Number.POSITIVE_INFINITY, isAsked = () => true }: RecordPrinting,
): Promise<ExitCode> {
  let printed = 0;
  let gone = 0;
  const withinLimit = (printOne: typeof print) => (record: LogRecord) => {
    if (printed >= limit || !isAsked(record)) return;
    printed++;
    printOne(record);
  };
  const found = await verifyStore(store, {
    ...watchPrinting(environment),
    onReset: () => {
      if (printed < limit) gone = printed;
    },
    replay: withinLimit(print),
    beyond: printBeyond && withinLimit(printBeyond),
  });
  warnOfUnread(command, store, found, environment);
  if (gone > 0) throw begunAgain(store, gone, found);
  return exitCodeOf(found.verdict);
}

function begunAgain(store: string, gone: number, { verdict }: LogVerification): Failure {
  const message = `${store}: expected the log to stay while it was printed, found it dropped from or compacted by a writer: the first ${gone} records printed are what it was, those behind them are the log as it is; run the command again`;
  return new Failure(message, verdict === "damaged" ? ExitCode.corruption : ExitCode.cannotProceed);
}
