// What grows with the store: how long it takes, and how long it keeps the event loop.
import { timeOnce } from "../../work.mjs";
import { DataWal, RecordLog, salvageTo, snapshotTo, verifyLog } from "./product.mjs";

/** An operation is a key. */
async function compactTo({ directory, target }) {
  const store = await DataWal.open(directory);
  return await timeOnce(async () => (await store.compactTo(target)).recordsWritten);
}

async function exportJsonl({ directory, target }) {
  const store = await DataWal.open(directory);
  return await timeOnce(async () => {
    await store.exportJsonl(target);
    return store.size;
  });
}

async function importJsonl({ directory, source }) {
  const store = await DataWal.open(directory);
  return await timeOnce(async () => {
    await store.importJsonl(source);
    await store.fsync();
    return store.size;
  });
}

/** What is watched, as a function to be called when the watch has begun; a store that it needs is open by then. */
const WATCHED = {
  open:
    ({ directory }) =>
    () =>
      DataWal.open(directory, { checkpoint: false }),
  verifyLog:
    ({ directory }) =>
    () =>
      verifyLog(directory),
  snapshotTo:
    ({ directory, target }) =>
    () =>
      snapshotTo(directory, target),
  salvageTo:
    ({ directory, target }) =>
    () =>
      salvageTo(directory, target),
  "scan (async)": async ({ directory }) => {
    const log = await RecordLog.open(directory);
    return async () => {
      for await (const { len } of log.scan()) if (len === 0) throw new Error("datawal: wrong record");
    };
  },
  compactTo: withStore((store, { target }) => store.compactTo(target)),
  exportJsonl: withStore((store, { target }) => store.exportJsonl(target)),
  importJsonl: withStore((store, { source }) => store.importJsonl(source)),
};

function withStore(act) {
  return async (job) => {
    const store = await DataWal.open(job.directory);
    return () => act(store, job);
  };
}

/** The longest time between two turns of the event loop while an operation runs. */
async function longestHold({ operation, ...job }) {
  const act = await WATCHED[operation](job);
  const turns = watchTurns();
  const startMs = performance.now();
  await act();
  return { longestHoldMs: turns.stop(), elapsedMs: performance.now() - startMs };
}

function watchTurns() {
  let longestMs = 0;
  let lastMs = performance.now();
  let isOver = false;
  const turn = () => {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - lastMs);
    lastMs = nowMs;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    stop() {
      isOver = true;
      turn();
      return longestMs;
    },
  };
}

export const longOperations = {
  "compact-to": compactTo,
  "export-jsonl": exportJsonl,
  "import-jsonl": importJsonl,
  "longest-hold": longestHold,
};
