// What was tried and is no part of the product, so that its worth can be measured again.
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { timeOnce } from "../../work.mjs";
import { FrameCache } from "./frame-cache.mjs";
import { timeGets } from "./key-value.mjs";
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
  const { refOf, read } = openParts(job);
  return timeGets(job, (key) => read(refOf(key)));
}

/** The same, with a cache of frames that were proven before. */
function getCached(job) {
  const { refOf, read } = openParts(job);
  const cache = new FrameCache();
  return timeGets(job, (key) => {
    const ref = refOf(key);
    const cached = cache.find(ref);
    if (cached) return cached.slice();
    const value = read(ref);
    cache.keep(ref, value);
    return value;
  });
}

function openParts({ directory }) {
  const store = DataWal.openSync(directory);
  const log = RecordLogReader.openSync(directory);
  return {
    refOf: (key) => store.refOf(key),
    read: (ref) => {
      const { bytes, payloadStart, payloadEnd } = log.peek(ref);
      return bytes.subarray(payloadStart, payloadEnd);
    },
  };
}

export const tried = {
  "open-on-two-cores": openOnTwoCores,
  "get-by-parts": getByParts,
  "get-cached": getCached,
};
