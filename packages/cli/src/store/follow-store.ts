import { isRecordLogError, type LogRecord, RecordLogReader, type RecordRef } from "@datawal/record-log";
import { type Environment, watchPrinting } from "../environment.js";
import { type ExitCode, exitCodeOf } from "../exit-code.js";
import { OutputFlusher } from "../output/output-flusher.js";
import { readStore, verifyStore } from "./open-store.js";
import { storeChanged } from "./store-failure.js";
import { warnOfUnread } from "./unread-warning.js";

export interface FollowSteps {
  /** Gets every record that is there at first; it is valid during the call. */
  replay: (record: LogRecord) => void;
  /** Called where the records that it got are gone; what it throws ends the command. */
  onReset: () => void;
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
  { replay, onReset, afterReplay, print }: FollowSteps,
): Promise<ExitCode> {
  let last: LastRecord | undefined;
  const found = await verifyStore(store, {
    ...watchPrinting(environment),
    replay: (record) => {
      replay(record);
      const { segment, offset, len, txid, storedCrc } = record;
      last = { segment, offset, len, txid, storedCrc };
    },
    onReset: () => {
      onReset();
      last = undefined;
    },
  });
  afterReplay?.();
  warnOfUnread(command, store, found, environment);
  if (found.verdict === "damaged") return exitCodeOf(found.verdict);
  await environment.stdout.flush();
  await environment.stderr.flush();
  await printNew(store, last, print, environment);
  return exitCodeOf(found.verdict);
}

/** The record that was read last, and what proves that it is still there. */
interface LastRecord extends RecordRef {
  txid: bigint;
  storedCrc: number;
}

/** Prints what lies behind `last`, and what comes: only the signal or an error ends it. */
async function printNew(
  store: string,
  last: LastRecord | undefined,
  print: (record: LogRecord) => void,
  { stdout, watch }: Environment,
): Promise<void> {
  await using reader = await readStore(store, () => RecordLogReader.open(store, watch));
  using flusher = new OutputFlusher(stdout);
  const signal = AbortSignal.any([watch.signal, flusher.failed]);
  await readStore(store, async () => {
    if (last && !stands(reader, last)) throw storeChanged(store);
    const from = last && { segment: last.segment, offset: last.offset + last.len };
    for await (const record of reader.follow({ from, signal })) {
      print(record);
      await stdout.drain();
      flusher.flushSoon();
    }
  });
}

/** Whether a log goes on behind a record: that is where it was, or its segment has been dropped. */
function stands(reader: RecordLogReader, { txid, storedCrc, ...ref }: LastRecord): boolean {
  if (reader.segments[0]! > ref.segment) return true;
  try {
    const found = reader.peek(ref);
    return found.txid === txid && found.storedCrc === storedCrc;
  } catch (error) {
    if (isRecordLogError(error, "ERR_DATAWAL_RECORD_UNREADABLE")) return false;
    throw error;
  }
}
