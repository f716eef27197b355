// The key/value view: put, delete, get, one by one and in batches.
import { eachOf, keyMaker, keyText, makeValue, pieces, shuffle, timeEach, timeOnce } from "../../work.mjs";
import { DataWal } from "./product.mjs";

function put({ directory, valueBytes, keys, ...times }) {
  const store = DataWal.openSync(directory);
  const key = keyMaker("Uint8Array");
  const value = makeValue(valueBytes, "Uint8Array");
  return timeEach(times, (number) => store.put(key(number % keys), value));
}

/** Keys as strings, made beforehand. */
function putText({ directory, valueBytes, keys, ...times }) {
  const store = DataWal.openSync(directory);
  const texts = Array.from({ length: keys }, (_, number) => keyText(number));
  const value = makeValue(valueBytes, "Uint8Array");
  return timeEach(times, (number) => store.put(texts[number % keys], value));
}

/** @param job `keys`: so many, again and again; new ones for ever when absent. */
function putMany({ directory, valueBytes, batchCount, keys = Infinity, ...times }) {
  const store = DataWal.openSync(directory);
  const put = (batch) => {
    const first = (batch * batchCount) % keys;
    store.putMany(pairs(first, first + batchCount, valueBytes));
  };
  return eachOf(batchCount, timeEach(times, put));
}

/** As putMany, but all or nothing. */
function batch({ directory, valueBytes, batchCount, ...times }) {
  const store = DataWal.openSync(directory);
  const write = (batch) =>
    store.batch(operationsOf(pairs(batch * batchCount, (batch + 1) * batchCount, valueBytes)));
  return eachOf(batchCount, timeEach(times, write));
}

function* operationsOf(pairs) {
  for (const [key, value] of pairs) yield { type: "put", key, value };
}

/** What a batch of two is compared with. */
function putTwo({ directory, valueBytes, batchCount, ...times }) {
  const store = DataWal.openSync(directory);
  const put = (batch) => {
    for (const [key, value] of pairs(batch * batchCount, (batch + 1) * batchCount, valueBytes))
      store.put(key, value);
  };
  return eachOf(batchCount, timeEach(times, put));
}

export function* pairs(from, to, valueBytes) {
  const key = keyMaker("Uint8Array");
  const value = makeValue(valueBytes, "Uint8Array");
  for (let number = from; number < to; number++) yield [key(number), value];
}

/** An operation is a delete and a put of a key that is there. */
function deletePut({ directory, valueBytes, keys, ...times }) {
  const store = DataWal.openSync(directory);
  store.putMany(pairs(0, keys, valueBytes));
  const key = keyMaker("Uint8Array");
  const value = makeValue(valueBytes, "Uint8Array");
  return timeEach(times, (number) => {
    const name = key(number % keys);
    store.delete(name);
    store.put(name, value);
  });
}

function get(job) {
  const store = DataWal.openSync(job.directory);
  return timeGets(job, (key) => store.get(key));
}

/** Of what the same handle has written. */
function getWritten({ directory, cacheBytes, ...job }) {
  const store = DataWal.openSync(directory, { cacheBytes });
  store.putMany(pairs(0, job.keys, job.valueBytes));
  return timeGets(job, (key) => store.get(key));
}

/**
 * @param skewed 9 of 10 reads go to one key of a hundred.
 * @param read From a key to its value.
 */
export function timeGets({ valueBytes, keys, skewed, ...times }, read) {
  const key = keyMaker("Uint8Array");
  const draw = shuffle(keys);
  const drawHot = shuffle(Math.ceil(keys / 100));
  return timeEach(times, (number) => {
    const value = read(key(skewed && number % 10 !== 0 ? drawHot() : draw()));
    if (value.length !== valueBytes) throw new Error("datawal: wrong value");
  });
}

/** Makes a store to read from. An operation is a key. */
async function fill({ directory, valueBytes, keys, segmentBytesMax }) {
  const store = DataWal.openSync(directory, segmentBytesMax ? { segmentBytesMax } : {});
  const filled = await timeOnce(() => {
    // So many in one call that a call's own cost does not show.
    for (const [from, to] of pieces(keys, 1000)) store.putMany(pairs(from, to, valueBytes));
    return keys;
  });
  const { segments, segmentBytes, keydirBytes } = store.stats();
  await store.close();
  return { ...filled, segments, segmentBytes, keydirBytes };
}

/** Grows a store to each of `sizes`, and takes the cost of single puts, of single gets and of memory there. */
function grow({ directory, valueBytes, sizes, sample: sampleMax }) {
  put({ directory: `${directory}-warm`, valueBytes, keys: sampleMax, warmup: sampleMax, count: sampleMax });
  const before = heldBytes();
  const store = DataWal.openSync(directory);
  const key = keyMaker("Uint8Array");
  const value = makeValue(valueBytes, "Uint8Array");
  return {
    sizes: sizes.map((keys) => {
      const sample = Math.min(sampleMax, (keys - store.size) >> 1);
      for (const [from, to] of pieces(keys - store.size - sample, 1000)) {
        store.putMany(pairs(store.size, store.size + to - from, valueBytes));
      }
      const first = store.size;
      const puts = timeEach({ warmup: 0, count: sample }, (number) => store.put(key(first + number), value));
      const draw = shuffle(keys);
      const gets = timeEach({ warmup: sample >> 2, count: sample }, () => store.get(key(draw())));
      const heldPerKey = (heldBytes() - before) / keys;
      const keydirPerKey = store.stats().keydirBytes / keys;
      return { keys, put: puts.microseconds, get: gets.microseconds, heldPerKey, keydirPerKey };
    }),
  };
}

/** Memory that is in use, on V8's heap and off it, after a collection: needs --expose-gc. */
export function heldBytes() {
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export const keyValue = {
  put,
  "put-text": putText,
  "put-many": putMany,
  "put-two": putTwo,
  batch,
  "delete-put": deletePut,
  get,
  "get-written": getWritten,
  fill,
  grow,
};
