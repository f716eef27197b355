// Passes over a log: open, scan, replay, verify.
import { timeOnce, timePasses } from "../../work.mjs";
import { heldBytes } from "./key-value.mjs";
import { DataWal, RecordLog, RecordLogReader, verifyLog } from "./product.mjs";

/** An operation is a key. The log is read, unless the checkpoint of its key directory is asked for: then it is to be believed. */
async function open({ directory, checkpoint = false }) {
  let store;
  const measured = await timeOnce(async () => {
    store = await DataWal.open(directory, { checkpoint });
    return store.size;
  });
  const { checkpoint: use } = store.stats();
  if (use !== (checkpoint ? "believed" : "off")) throw new Error(`datawal: the checkpoint was ${use}`);
  return measured;
}

/** Leaves a checkpoint that covers all. */
async function settle({ directory }) {
  const store = await DataWal.open(directory, { checkpoint: { minLogBytes: 0 } });
  await store.close();
  return {};
}

/** What an open store holds in memory for each key, all told: needs --expose-gc. */
async function keydir({ directory }) {
  const before = heldBytes();
  const store = await DataWal.open(directory, { checkpoint: false });
  const heldPerKey = (heldBytes() - before) / store.size;
  return { heldPerKey, keydirPerKey: store.stats().keydirBytes / store.size };
}

/**
 * Bytes that opening a log allocates on V8's heap, for each record, when nothing is collected meanwhile. A first open
 * goes before it: what V8 makes of the code, once, is nobody's record.
 */
function openHeap({ directory }) {
  RecordLog.openSync(directory, { replay: () => {} }).closeSync();
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  let records = 0;
  const log = RecordLog.openSync(directory, {
    replay: () => {
      records++;
    },
  });
  const grownBytes = process.memoryUsage().heapUsed - before;
  log.closeSync();
  return { heapPerRecord: grownBytes / records, records };
}

function scan({ directory, valueBytes, forMs }) {
  const reader = RecordLogReader.openSync(directory);
  return timePasses(forMs, () => {
    let records = 0;
    for (const { payload } of reader.scan()) {
      if (payload.length !== valueBytes) throw new Error("datawal: wrong record");
      records++;
    }
    return records;
  });
}

/** One pass in a process of its own: what the command line's scan is compared with. */
async function scanOnce({ directory }) {
  const log = await RecordLog.open(directory);
  return await timeOnce(() => {
    let records = 0;
    for (const { len } of log.scan()) records += len > 0 ? 1 : 0;
    return records;
  });
}

function replay({ directory, forMs }) {
  return timePasses(forMs, () => {
    let records = 0;
    let bytes = 0;
    const reader = RecordLogReader.openSync(directory, {
      replay: (record) => {
        bytes += record.len;
        records++;
      },
    });
    reader.closeSync();
    if (bytes < records * 28) throw new Error("datawal: wrong record");
    return records;
  });
}

/** An operation is a megabyte. */
async function verify({ directory }) {
  return await timeOnce(async () => {
    const { verdict, segments } = await verifyLog(directory);
    if (verdict !== "intact") throw new Error(`datawal: the store is ${verdict}`);
    return segments.reduce((sum, { size }) => sum + size, 0) / 1e6;
  });
}

export const reading = {
  open,
  settle,
  keydir,
  "open-heap": openHeap,
  scan,
  "scan-once": scanOnce,
  replay,
  verify,
};
