// What was tried and is no part of the product, so that its worth can be measured again.
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { keyMaker, shuffle, timeEach, timeOnce } from "../../work.mjs";
import { FrameCache } from "./frame-cache.mjs";
import { crc32c, DataWal, RecordLogReader } from "./product.mjs";

/** The CRC that a frame claims, instead of the one that it has: what a thread that leaves CRCs to another one saves. */
const believed = Object.assign((bytes, seed) => crc32c(bytes, seed), {
  ofRange: (bytes, _start, end) =>
    bytes[end] | (bytes[end + 1] << 8) | (bytes[end + 2] << 16) | (bytes[end + 3] << 24),
});

/** Opens a store while a second thread proves every frame of it. An operation is a key. */
async function openOnTwoCores({ directory }) {
  return await timeOnce(async () => {
    const worker = new Worker(new URL("./prover.mjs", import.meta.url), { workerData: { directory } });
    const proven = once(worker, "message");
    const store = await DataWal.open(directory, { crc32c: believed });
    const [{ records }] = await proven;
    if (records < store.size) throw new Error("datawal: the second thread saw too little");
    return store.size;
  });
}

/** `get` made of public parts, so that a cache can be put between them. */
function getByParts(job) {
  return timeGets(job, (log, ref) => {
    const { bytes, payloadStart, payloadEnd } = log.peek(ref);
    return bytes.slice(payloadStart, payloadEnd);
  });
}

/** The same, with a cache of frames that were proven before. */
function getCached(job) {
  const cache = new FrameCache();
  return timeGets(job, (log, ref) => {
    const cached = cache.find(ref);
    if (cached) return cached.slice();
    const { bytes, payloadStart, payloadEnd } = log.peek(ref);
    const value = bytes.slice(payloadStart, payloadEnd);
    cache.keep(ref, value);
    return value;
  });
}

/** @param skewed 9 of 10 reads go to one key of a hundred. */
function timeGets({ directory, valueBytes, keys, skewed, ...times }, read) {
  const store = DataWal.openSync(directory);
  const log = RecordLogReader.openSync(directory);
  const key = keyMaker("Uint8Array");
  const draw = shuffle(keys);
  const drawHot = shuffle(Math.ceil(keys / 100));
  return timeEach(times, (number) => {
    const value = read(log, store.refOf(key(skewed && number % 10 !== 0 ? drawHot() : draw())));
    if (value.length !== valueBytes) throw new Error("datawal: wrong value");
  });
}

export const tried = {
  "open-on-two-cores": openOnTwoCores,
  "get-by-parts": getByParts,
  "get-cached": getCached,
};
