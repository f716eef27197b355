// LMDB, without syncing unless told so.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { open as openLmdb } from "lmdb";
import { mix } from "../mixed.mjs";
import { overwrite, readBeside } from "../overwriting.mjs";
import { eachOf, keyMaker, makeValue, pieces, shuffle, timeEach, timeOnce } from "../work.mjs";

function openStore(directory, noSync = true) {
  mkdirSync(directory, { recursive: true });
  return openLmdb({
    path: join(directory, "data.mdb"),
    keyEncoding: "binary",
    encoding: "binary",
    noSync,
  });
}

function put({ directory, valueBytes, keys = Infinity, sync = false, ...times }) {
  const store = openStore(directory, !sync);
  const key = keyMaker("Buffer");
  const value = makeValue(valueBytes, "Buffer");
  return timeEach(times, (number) => store.putSync(key(number % keys), value));
}

function deletePut({ directory, valueBytes, keys, ...times }) {
  const store = openStore(directory);
  putRange(store, 0, keys, valueBytes);
  const key = keyMaker("Buffer");
  const value = makeValue(valueBytes, "Buffer");
  return timeEach(times, (number) => {
    store.removeSync(key(number % keys));
    store.putSync(key(number % keys), value);
  });
}

function putRange(store, from, to, valueBytes) {
  const key = keyMaker("Buffer");
  const value = makeValue(valueBytes, "Buffer");
  store.transactionSync(() => {
    for (let number = from; number < to; number++) store.putSync(key(number), value);
  });
}

function putMany({ directory, valueBytes, batchCount, ...times }) {
  const store = openStore(directory);
  const batches = timeEach(times, (batch) =>
    putRange(store, batch * batchCount, (batch + 1) * batchCount, valueBytes),
  );
  return eachOf(batchCount, batches);
}

async function fill({ directory, valueBytes, keys }) {
  const store = openStore(directory);
  for (const [from, to] of pieces(keys, 1000)) putRange(store, from, to, valueBytes);
  await store.close();
  return {};
}

function get({ directory, valueBytes, keys, skewed, ...times }) {
  const store = openStore(directory);
  const key = keyMaker("Buffer");
  const draw = shuffle(keys);
  const drawHot = shuffle(Math.ceil(keys / 100));
  return timeEach(times, (number) => {
    const value = store.get(key(skewed && number % 10 !== 0 ? drawHot() : draw()));
    if (value.length !== valueBytes) throw new Error("lmdb: wrong value");
  });
}

/** Until a first value is there. */
async function open({ directory, keys }) {
  const opened = await timeOnce(() => openStore(directory).get(keyMaker("Buffer")(0)).length);
  return { microseconds: (opened.microseconds * opened.operations) / keys };
}

async function overwriteKeys(job) {
  await fill(job);
  const store = openStore(job.directory);
  return await overwrite(job, {
    put: (key, value) => store.putSync(key, value),
    close: () => store.close(),
  });
}

/** Commits are LMDB's own, several puts each; a sync waits until what was committed is on the disk. */
async function mixed(job) {
  await fill(job);
  const store = openStore(job.directory, false);
  return await mix(job, {
    get: (key) => store.get(key),
    put: (key, value) => store.put(Buffer.from(key), value),
    delete: (key) => store.remove(Buffer.from(key)),
    sync: () => Promise.resolve(store.flushed),
    close: () => store.close(),
  });
}

function readOne({ directory, ...job }) {
  const store = openStore(directory);
  return readBeside(job, (key) => store.get(key));
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
  "read-beside": readOne,
};
