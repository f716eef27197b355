import { sleep } from "@datawal/safeatomic";
import { checkPosition } from "./check-position.js";
import type { LogPosition, LogRecord } from "./log-record.js";
import { badOption } from "./open-options.js";
import { isRecordLogError } from "./record-log-error.js";
import type { LogScan } from "./scan.js";

export interface FollowOptions {
  /** The position of a record; the beginning when absent. */
  from?: LogPosition | undefined;
  /** Ends it: it throws `signal.reason`. */
  signal?: AbortSignal | undefined;
  /** How long to wait before looking again, 1 to 2^31 - 1 milliseconds; 50 when absent. */
  pollMs?: number | undefined;
}

/** What can be followed: a reader. */
interface Followed {
  scan(options: { from?: LogPosition | undefined }): LogScan;
  refresh(options: { signal: AbortSignal }): Promise<void>;
}

const POLL_MS_DEFAULT = 50;
/** The longest wait that a timer takes; a longer one would be none. */
const POLL_MS_MAX = 2 ** 31 - 1;

/**
 * Yields all records, then what is appended, until the signal aborts.
 *
 * @throws RangeError ERR_DATAWAL_BAD_REF, ERR_DATAWAL_BAD_OPTION, at once
 */
export function follow(
  log: Followed,
  { from, pollMs = POLL_MS_DEFAULT }: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<LogRecord, never, void> {
  if (from !== undefined) checkPosition(from, "from");
  if (typeof pollMs !== "number" || !(pollMs >= 1 && pollMs <= POLL_MS_MAX))
    throw badOption("pollMs", `1 to ${POLL_MS_MAX} milliseconds`, pollMs, RangeError);
  return followFrom(log, from, pollMs, signal);
}

async function* followFrom(
  log: Followed,
  from: LogPosition | undefined,
  pollMs: number,
  signal: AbortSignal,
): AsyncGenerator<LogRecord, never, void> {
  let next = from;
  for (;;) {
    try {
      for await (const record of log.scan({ from: next })) {
        signal.throwIfAborted();
        yield record;
        next = { segment: record.segment, offset: record.offset + record.len };
      }
    } catch (error) {
      // The writer dropped a segment since the last look: the next look shows where the log begins by now.
      if (!isRecordLogError(error, "ERR_DATAWAL_STORE_IO") || error.errno !== "ENOENT") throw error;
    }
    await pause(pollMs, signal);
    await log.refresh({ signal });
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
