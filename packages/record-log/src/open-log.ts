import type { LogPosition } from "./log-record.js";
import { LongOperations } from "./long-operations.js";
import { LogScan, type ScanSource } from "./read/scan.js";
import type { SegmentHandles } from "./read/segment-handles.js";
import { closedError } from "./record-log-error.js";
import type { Store } from "./store/store.js";

/** What a handle on a log has until it is closed, whether it writes or only reads. */
export class OpenLog {
  readonly store: Store;
  readonly source: ScanSource;
  readonly handles: SegmentHandles;
  readonly operations = new LongOperations();
  isClosed = false;

  constructor(store: Store, source: ScanSource, handles: SegmentHandles) {
    this.store = store;
    this.source = source;
    this.handles = handles;
  }

  /** @throws RecordLogError ERR_DATAWAL_CLOSED */
  requireOpen(): void {
    if (this.isClosed) throw closedError(this.store.directory);
  }

  /** @param onRecord Called with the CRC of each record before it is given back. */
  scan(from: LogPosition | undefined, onRecord?: (storedCrc: number) => void): LogScan {
    return new LogScan(this.store, this.source, () => this.requireOpen(), from, onRecord);
  }

  /** From here on nothing is read, and long operations come to their end with ERR_DATAWAL_CLOSED. */
  end(): void {
    this.isClosed = true;
    this.operations.end(() => closedError(this.store.directory));
  }
}
