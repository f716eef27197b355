// Appending durably: alone, and by many callers at once.
import { makeValue, timeEach, timeEachAwaited, timeOnce } from "../../work.mjs";
import { nodeFileSystem, RecordLog } from "./product.mjs";
import { watchSyncs } from "./watched-file-system.mjs";

function appendFsync({ directory, valueBytes, ...times }) {
  const log = RecordLog.openSync(directory);
  const payload = makeValue(valueBytes, "Uint8Array");
  return timeEach(times, () => {
    log.append(payload);
    log.fsyncSync();
  });
}

function appendFsyncAwaited({ directory, valueBytes, ...times }) {
  const log = RecordLog.openSync(directory);
  const payload = makeValue(valueBytes, "Uint8Array");
  return timeEachAwaited(times, () => {
    log.append(payload);
    return log.fsync();
  });
}

/** `callers` loops, each of which appends and waits for its sync. */
async function groupCommit({ directory, valueBytes, callers, perCaller }) {
  const log = RecordLog.openSync(directory);
  const payload = makeValue(valueBytes, "Uint8Array");
  const caller = async (count) => {
    for (let number = 0; number < count; number++) {
      log.append(payload);
      await log.fsync();
    }
  };
  const everyone = (count) => Promise.all(Array.from({ length: callers }, () => caller(count)));
  await everyone(Math.ceil(perCaller / 4));
  return await timeOnce(async () => {
    await everyone(perCaller);
    return callers * perCaller;
  });
}

/** How many syncs end while one caller waits: 1 when its append came before the next was submitted, else 2. */
async function fairness({ directory, valueBytes, callers, perCaller }) {
  const watched = watchSyncs(nodeFileSystem);
  const log = RecordLog.openSync(directory, { fileSystem: watched.fileSystem });
  const payload = makeValue(valueBytes, "Uint8Array");
  let mostSyncs = 0;
  const before = watched.ended();
  const caller = async (index) => {
    for (let number = 0; number < perCaller; number++) {
      log.append(payload);
      const ended = watched.ended();
      await log.fsync();
      mostSyncs = Math.max(mostSyncs, watched.ended() - ended);
      // Callers out of step: some come while a sync is in flight.
      if ((index + number) % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, index) => caller(index)));
  const records = callers * perCaller;
  return { mostSyncs, recordsPerSync: records / (watched.ended() - before) };
}

/** The cost of an append while a sync is in flight all the time, and while none is. */
async function appendDuringSync({ directory, valueBytes, count }) {
  const log = RecordLog.openSync(directory);
  const payload = makeValue(valueBytes, "Uint8Array");
  const appendSome = () => timeEach({ warmup: 0, count: 64 }, () => log.append(payload)).microseconds;
  let quiet = 0;
  let busy = 0;
  for (let number = 0; number < 16; number++) appendSome();
  for (let done = 0; done < count; done += 64) quiet += appendSome();
  for (let done = 0; done < count; done += 64) {
    const sync = log.fsync();
    busy += appendSome();
    await sync;
  }
  return { microseconds: (busy * 64) / count, quietMicroseconds: (quiet * 64) / count };
}

export const synced = {
  "append-fsync": appendFsync,
  "append-fsync-awaited": appendFsyncAwaited,
  "group-commit": groupCommit,
  fairness,
  "append-during-sync": appendDuringSync,
};
