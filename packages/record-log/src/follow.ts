import { setTimeout as sleep } from "node:timers/promises";
import type { LogPosition, LogRecord } from "./log-record.js";
import { rangeMistake } from "./record-log-error.js";
import type { LogScan } from "./scan.js";

export interface FollowOptions {
  from?: LogPosition | undefined;
  signal?: AbortSignal | undefined;
  pollMs?: number | undefined;
}

/** What can be followed: a reader. */
interface Followed {
  scan(options: { from?: LogPosition | undefined }): LogScan;
  refresh(): Promise<void>;
}

const POLL_MS_DEFAULT = 50;

/** Yields all records, then what is appended, until the signal aborts. */
export async function* follow(log: Followed, options: FollowOptions): AsyncGenerator<LogRecord, never, void> {
  const { signal, pollMs = POLL_MS_DEFAULT } = options;
  if (!(pollMs >= 1)) {
    throw rangeMistake(
      "ERR_DATAWAL_BAD_OPTION",
      `datawal: "pollMs" expected 1 or more milliseconds, got ${pollMs}`,
    );
  }
  let from = options.from;
  for (;;) {
    for await (const record of log.scan({ from })) {
      signal?.throwIfAborted();
      yield record;
      from = { segment: record.segment, offset: record.offset + record.len };
    }
    signal?.throwIfAborted();
    await pollPause(pollMs, signal);
    await log.refresh();
  }
}

async function pollPause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
