// Appending without a sync: one record a call, and many.
import { eachOf, keyMaker, makeValue, timeEach } from "../../work.mjs";
import { nodeFileSystem, RecordLog, RecordType } from "./product.mjs";
import { withoutBackgroundSyncs } from "./watched-file-system.mjs";

function append(job) {
  return appendWith({}, job);
}

/** No sync at all, as the bare writes have none: neither in the background nor by a rotation. */
function appendUnsynced(job) {
  return appendWith({ segmentBytesMax: Infinity, fileSystem: withoutBackgroundSyncs(nodeFileSystem) }, job);
}

function appendWith(options, { directory, valueBytes, ...times }) {
  const log = RecordLog.openSync(directory, options);
  const payload = makeValue(valueBytes, "Uint8Array");
  return timeEach(times, () => log.append(payload));
}

/** Batches of `batchCount` records; a batch is timed as so many operations. */
function appendMany({ directory, valueBytes, batchCount, ...times }) {
  const log = RecordLog.openSync(directory);
  const key = keyMaker("Uint8Array");
  const payload = makeValue(valueBytes, "Uint8Array");
  function* records(batch) {
    for (let index = 0; index < batchCount; index++)
      yield { type: RecordType.Put, key: key(batch * batchCount + index), payload };
  }
  return eachOf(
    batchCount,
    timeEach(times, (batch) => log.appendMany(records(batch))),
  );
}

export const appending = { append, "append-unsynced": appendUnsynced, "append-many": appendMany };
