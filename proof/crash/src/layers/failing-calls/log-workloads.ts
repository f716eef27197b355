import { join } from "node:path";
import { RecordType } from "@datawal/format";
import { type OracleRecord, OracleViolation, sameRecord } from "@datawal/oracle";
import { isRecordLogError, RecordLog, verifyLog, verifyLogSync } from "@datawal/record-log";
import type { FileSystem } from "@datawal/safeatomic";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { preparedOnce } from "./disk-tree.js";
import { judgeLog, STORE } from "./judge-log.js";
import { Ledger, type LedgerInput } from "./ledger.js";
import type { Session, Workload } from "./workload.js";

/** A log that is open for writing, and what is known of it. */
interface OpenLog {
  log: RecordLog;
  ledger: Ledger;
  port: FileSystem;
  /** Below the calls that fail. */
  disk: FileSystem;
  signal: AbortSignal;
}

const raw = (payload: string): LedgerInput => ({ type: RecordType.Raw, key: "", payload });
const SMALL = raw("new");
/** Longer than the buffer that frames are encoded into: goes out as a gathered write. */
const LARGE = raw("x".repeat(70_000));
const MOST_OF_A_SEGMENT = raw("h".repeat(90));

/** Three segments with two records each. */
const filled = preparedOnce(() => {
  const disk = createSimulatedDisk();
  const log = RecordLog.openSync(STORE, { fileSystem: disk, segmentBytesMax: 58 });
  log.appendMany(["1", "2", "3", "4", "5", "6"]);
  log.closeSync();
  return disk;
});

const append = ({ log, ledger }: OpenLog, input = SMALL) =>
  ledger.append(input, () => log.appendRecord(input.type, input.key, input.payload));

/** The operations of an open log; each appends something first where it would have nothing to do. */
const OPERATIONS: Readonly<Record<string, (open: OpenLog) => unknown>> = {
  append: (open) => append(open),
  "append-large": (open) => append(open, LARGE),
  "append-fsync": async (open) => {
    append(open);
    await open.ledger.sync(() => open.log.fsync());
  },
  "append-fsyncSync": async (open) => {
    append(open);
    await open.ledger.sync(() => open.log.fsyncSync());
  },
  "fsyncs-at-once": async (open) => {
    const fsync = () => open.ledger.sync(() => open.log.fsync());
    append(open);
    const first = fsync();
    const second = (async () => {
      append(open);
      await fsync();
    })();
    await Promise.allSettled([first, second]);
    await Promise.all([first, second]);
  },
  "append-while-syncing": async (open) => {
    const fsync = () => open.ledger.sync(() => open.log.fsync());
    append(open);
    const first = fsync();
    const failure = await failureOf(() => append(open));
    await first;
    if (failure) throw failure;
    await fsync();
  },
  // A caller who does not care: what the handle then takes has to be there.
  "append-again-after-a-failure": async (open) => {
    const failure = await failureOf(() => append(open));
    append(open, LARGE);
    await open.ledger.sync(() => open.log.fsync());
    if (failure) throw failure;
  },
  "fsync-again-after-a-failure": async (open) => {
    append(open);
    const failure = await failureOf(() => open.ledger.sync(() => open.log.fsyncSync()));
    await open.ledger.sync(() => open.log.fsyncSync());
    await open.ledger.sync(() => open.log.fsync());
    if (failure) throw failure;
  },
  // The record lies behind bytes that no open will take for frames: nobody may be told that it is durable.
  "fsync-behind-a-foreign-hand": async (open) => {
    const { log, ledger, disk } = open;
    const file = disk.open(join(log.dir, `0000000${log.activeSegment}.dwal`), "append");
    try {
      file.append(Uint8Array.of(7), 0, 1);
    } finally {
      file.close();
    }
    append(open);
    const failure = await failureOf(() => ledger.sync(() => log.fsync()));
    ledger.doubtful = ledger.appended.splice(-1);
    await log.close();
    if (!isRecordLogError(failure, "ERR_DATAWAL_SEGMENT_CHANGED")) throw failure;
  },
  "append-rotates": async (open) => {
    append(open, MOST_OF_A_SEGMENT);
    // The rotation before it has sealed what came earlier.
    await open.ledger.sync(() => append(open, MOST_OF_A_SEGMENT));
  },
  appendMany: ({ log, ledger }) => {
    const inputs = Array.from({ length: 6 }, (_, index) => raw(`many ${index}`));
    return ledger.batch(inputs, () => log.appendMany(inputs));
  },
  rotate: async (open) => {
    append(open);
    await open.ledger.sync(() => open.log.rotate());
    append(open);
  },
  rotateSync: async (open) => {
    append(open);
    await open.ledger.sync(() => open.log.rotateSync());
  },
  dropSegmentsBefore: async (open) => {
    append(open);
    open.ledger.droppable = 4;
    await open.ledger.sync(() => open.log.dropSegmentsBefore(3, { signal: open.signal }));
  },
  dropSegmentsBeforeSync: ({ log, ledger, signal }) => {
    ledger.droppable = 4;
    log.dropSegmentsBeforeSync(9, { signal });
  },
  close: async (open) => {
    append(open);
    readAll(open);
    await open.ledger.sync(() => open.log.close());
  },
  closeSync: async (open) => {
    append(open);
    readAll(open);
    await open.ledger.sync(() => open.log.closeSync());
  },
  "read-and-scan": readAll,
  "scan-asynchronously": async ({ log, ledger }) => {
    const found: OracleRecord[] = [];
    for await (const record of log.scan()) found.push(record);
    isSame(found, ledger.appended);
  },
  verifyLog: async ({ port, signal }) => {
    isIntact(await verifyLog(STORE, { fileSystem: port, signal }));
  },
  verifyLogSync: ({ port, signal }) => isIntact(verifyLogSync(STORE, { fileSystem: port, signal })),
};

const TAKES_SIGNAL = ["dropSegmentsBefore", "dropSegmentsBeforeSync", "verifyLog", "verifyLogSync"];

export const logWorkloads: Workload[] = Object.entries(OPERATIONS).map(([name, operate]) => ({
  name: `log-${name}`,
  takesSignal: TAKES_SIGNAL.includes(name),
  prepare: filled,
  start: (port, disk) => startLog(port, disk, operate),
}));

function startLog(port: FileSystem, disk: FileSystem, operate: (open: OpenLog) => unknown): Session {
  const log = RecordLog.openSync(STORE, { fileSystem: port, segmentBytesMax: 150 });
  const ledger = new Ledger([...log.scan()]);
  return {
    operate: (signal) => operate({ log, ledger, port, disk, signal }),
    inspect: (isFailing) => {
      if (isFailing) return;
      const found = scanUnlessClosed(log);
      if (found) isSame(found, ledger.appended.slice(ledger.droppable > 0 ? -found.length : 0));
    },
    close: () => log.close(),
    judge: (aftermath) => judgeLog(aftermath, ledger),
  };
}

async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Reading goes on after a failure. */
function scanUnlessClosed(log: RecordLog): OracleRecord[] | undefined {
  try {
    return [...log.scan()];
  } catch (error) {
    if (isRecordLogError(error, "ERR_DATAWAL_CLOSED")) return undefined;
    throw new OracleViolation("7 no wrong answer", `a scan threw ${String(error)}`);
  }
}

/** Reads each record, by a scan and by its place. */
function readAll({ log, ledger }: OpenLog): void {
  const found = [...log.scan()];
  isSame(found, ledger.appended);
  isSame(
    found.map((ref) => log.read(ref)),
    ledger.appended,
  );
}

/** What reading gives is what was appended; a read that fails throws. */
function isSame(found: readonly OracleRecord[], appended: readonly OracleRecord[]): void {
  const isRight =
    found.length === appended.length && found.every((record, index) => sameRecord(record, appended[index]!));
  if (!isRight) throw new OracleViolation("7 no wrong answer", `a scan gave ${found.length} records`);
}

function isIntact({ verdict }: { verdict: string }): void {
  if (verdict !== "intact")
    throw new OracleViolation("7 no wrong answer", `an intact log was called ${verdict}`);
}
