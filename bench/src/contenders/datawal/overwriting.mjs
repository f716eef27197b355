// A store that lives long and compacts itself, and one that does not.
import { subscribe } from "node:diagnostics_channel";
import { mix } from "../../mixed.mjs";
import { overwrite, readBeside } from "../../overwriting.mjs";
import { pieces } from "../../work.mjs";
import { pairs } from "./key-value.mjs";
import { DataWal, DataWalReader } from "./product.mjs";

const SEGMENT_BYTES_MAX = 4 * 2 ** 20;

function filled({ directory, keys, valueBytes, autoCompact }) {
  const store = DataWal.openSync(directory, { segmentBytesMax: SEGMENT_BYTES_MAX, autoCompact });
  for (const [from, to] of pieces(keys, 1000)) store.putMany(pairs(from, to, valueBytes));
  return store;
}

function mixed(job) {
  const store = filled({ ...job, autoCompact: true });
  return mix(job, {
    get: (key) => store.get(key),
    put: (key, value) => void store.put(key, value),
    delete: (key) => void store.delete(key),
    sync: () => store.fsync(),
    close: () => store.close(),
  });
}

function overwriteKeys(job) {
  const store = filled(job);
  const compactions = [];
  subscribe("datawal:compaction", ({ error, result }) =>
    compactions.push(error ? `${error}` : result.bytesMoved),
  );
  return overwrite(job, {
    put: (key, value) => store.put(key, value),
    putMany: (batch) => store.putMany(batch),
    close: () => store.close(),
    facts: (diskBytesMax) => ({
      compactions,
      // What is allowed besides.
      storedRatio: (diskBytesMax - 2 * SEGMENT_BYTES_MAX) / store.stats().liveBytes,
    }),
  });
}

function readOne({ directory, ...job }) {
  const reader = DataWalReader.openSync(directory);
  return readBeside(
    job,
    (key) => reader.get(key),
    () => reader.refresh(),
  );
}

export const overwriting = { overwrite: overwriteKeys, mixed, "read-beside": readOne };
