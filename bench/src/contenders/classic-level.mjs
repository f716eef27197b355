// LevelDB. It has no synchronous put: each is awaited.
import { ClassicLevel } from "classic-level";
import { mix } from "../mixed.mjs";
import { overwrite } from "../overwriting.mjs";
import {
  eachOf,
  keyMaker,
  makeValue,
  pieces,
  shuffle,
  timeEach,
  timeEachAwaited,
  timeOnce,
} from "../work.mjs";

async function openStore(directory) {
  const store = new ClassicLevel(directory, { keyEncoding: "buffer", valueEncoding: "buffer" });
  await store.open();
  return store;
}

async function put({ directory, valueBytes, keys = Infinity, sync = false, ...times }) {
  const store = await openStore(directory);
  const key = keyMaker("Buffer");
  const value = makeValue(valueBytes, "Buffer");
  return await timeEachAwaited(times, (number) => store.put(key(number % keys), value, { sync }));
}

async function deletePut({ directory, valueBytes, keys, ...times }) {
  const store = await openStore(directory);
  await store.batch(puts(0, keys, valueBytes));
  const key = keyMaker("Buffer");
  const value = makeValue(valueBytes, "Buffer");
  return await timeEachAwaited(times, async (number) => {
    await store.del(key(number % keys));
    await store.put(key(number % keys), value);
  });
}

/** Keys in buffers of their own: a batch holds them all at once. */
function puts(from, to, valueBytes) {
  const key = keyMaker("Buffer");
  const value = makeValue(valueBytes, "Buffer");
  return Array.from({ length: to - from }, (_, index) => ({
    type: "put",
    key: Buffer.from(key(from + index)),
    value,
  }));
}

async function putMany({ directory, valueBytes, batchCount, ...times }) {
  const store = await openStore(directory);
  const batches = await timeEachAwaited(times, (batch) =>
    store.batch(puts(batch * batchCount, (batch + 1) * batchCount, valueBytes)),
  );
  return eachOf(batchCount, batches);
}

async function fill({ directory, valueBytes, keys }) {
  const store = await openStore(directory);
  for (const [from, to] of pieces(keys, 1000)) await store.batch(puts(from, to, valueBytes));
  await store.close();
  return {};
}

async function get({ directory, valueBytes, keys, ...times }) {
  const store = await openStore(directory);
  const key = keyMaker("Buffer");
  const draw = shuffle(keys);
  return timeEach(times, () => {
    if (store.getSync(key(draw())).length !== valueBytes) throw new Error("classic-level: wrong value");
  });
}

/** Until a first value is there. */
async function open({ directory, keys }) {
  const opened = await timeOnce(async () => {
    const store = await openStore(directory);
    return store.getSync(keyMaker("Buffer")(0)).length;
  });
  return { microseconds: (opened.microseconds * opened.operations) / keys };
}

async function overwriteKeys(job) {
  await fill(job);
  const store = await openStore(job.directory);
  return await overwrite(job, {
    put: (key, value) => store.put(key, value),
    close: () => store.close(),
  });
}

/** Without a call that only syncs: a put does that. */
async function mixed(job) {
  await fill(job);
  const store = await openStore(job.directory);
  return await mix(job, {
    get: (key) => store.getSync(key),
    put: (key, value) => store.put(Buffer.from(key), value),
    delete: (key) => store.del(Buffer.from(key)),
    sync: () => store.put(Buffer.from("synced"), Buffer.from("up to here"), { sync: true }),
    close: () => store.close(),
  });
}

export const operations = {
  put,
  "delete-put": deletePut,
  "put-many": putMany,
  fill,
  get,
  open,
  overwrite: overwriteKeys,
  mixed,
};
