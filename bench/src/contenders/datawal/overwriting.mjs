// A store that lives long and compacts itself, and one that does not.
import { subscribe } from "node:diagnostics_channel";
import { overwrite, readBeside } from "../../overwriting.mjs";
import { pieces } from "../../work.mjs";
import { pairs } from "./key-value.mjs";
import { DataWal, DataWalReader } from "./product.mjs";

const SEGMENT_BYTES_MAX = 4 * 2 ** 20;

function overwriteKeys(job) {
  const { directory, keys, valueBytes, autoCompact } = job;
  const options = { segmentBytesMax: SEGMENT_BYTES_MAX, autoCompact };
  const store = DataWal.openSync(directory, options);
  for (const [from, to] of pieces(keys, 1000)) store.putMany(pairs(from, to, valueBytes));
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

export const overwriting = { overwrite: overwriteKeys, "read-beside": readOne };
