import { type LogPosition, type LogRecord, RecordLogReader } from "@datawal/record-log";
import { type Environment, watchPrinting } from "../environment.js";
import { type ExitCode, exitCodeOf } from "../exit-code.js";
import { OutputFlusher } from "../output/output-flusher.js";
import { readStore, verifyStore } from "./open-store.js";
import { warnOfUnread } from "./unread-warning.js";

export interface FollowSteps {
  /** Gets every record that is there at first; it is valid during the call. */
  replay: (record: LogRecord) => void;
  /** Called when there are no more. */
  afterReplay?: () => void;
  /** Gets every record that comes after. */
  print: (record: LogRecord) => void;
}

/**
 * Reads what is in a log, then what a writer appends to it, until the signal aborts. Of a damaged store what can be
 * read is read, and nothing is waited for: no writer opens it.
 */
export async function followStore(
  command: string,
  store: string,
  environment: Environment,
  { replay, afterReplay, print }: FollowSteps,
): Promise<ExitCode> {
  let end: LogPosition | undefined;
  const found = await verifyStore(store, {
    ...watchPrinting(environment),
    replay: (record) => {
      replay(record);
      end = { segment: record.segment, offset: record.offset + record.len };
    },
  });
  afterReplay?.();
  warnOfUnread(command, store, found, environment);
  if (found.verdict === "damaged") return exitCodeOf(found.verdict);
  await environment.stdout.flush();
  await environment.stderr.flush();
  await printNew(store, end, print, environment);
  return exitCodeOf(found.verdict);
}

/** Prints what lies behind `from`, and what comes: only the signal or an error ends it. */
async function printNew(
  store: string,
  from: LogPosition | undefined,
  print: (record: LogRecord) => void,
  { stdout, watch }: Environment,
): Promise<void> {
  await using reader = await readStore(store, () => RecordLogReader.open(store, watch));
  using flusher = new OutputFlusher(stdout);
  const signal = AbortSignal.any([watch.signal, flusher.failed]);
  await readStore(store, async () => {
    for await (const record of reader.follow({ from, signal })) {
      print(record);
      await stdout.drain();
      flusher.flushSoon();
    }
  });
}
