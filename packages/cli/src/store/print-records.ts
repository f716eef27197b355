import type { LogRecord } from "@datawal/record-log";
import { type Environment, watchPrinting } from "../environment.js";
import { type ExitCode, exitCodeOf } from "../exit-code.js";
import { writeMessage } from "../render/message.js";
import { verifyStore } from "./open-store.js";
import { warnOfUnread } from "./unread-warning.js";

const HEAD_DROPPED =
  "a writer has dropped the beginning of the log while it was read: by now it begins with the record that comes next";

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
 */
export async function printRecords(
  command: string,
  store: string,
  environment: Environment,
  { print, printBeyond, limit = Number.POSITIVE_INFINITY, isAsked = () => true }: RecordPrinting,
): Promise<ExitCode> {
  let printed = 0;
  const withinLimit = (printOne: typeof print) => (record: LogRecord) => {
    if (printed >= limit || !isAsked(record)) return;
    printed++;
    printOne(record);
  };
  const found = await verifyStore(store, {
    ...watchPrinting(environment),
    onReset: () => writeMessage(environment.stderr, command, HEAD_DROPPED),
    replay: withinLimit(print),
    beyond: printBeyond && withinLimit(printBeyond),
  });
  warnOfUnread(command, store, found, environment);
  return exitCodeOf(found.verdict);
}
