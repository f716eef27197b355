// What a store that lives long does: the same keys are put again and again, and whatever is superseded has to go.
import { spawn } from "node:child_process";
import { fstatSync, readdirSync, readFileSync, readlinkSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { KEY_LEN, keyMaker, shuffle } from "./work.mjs";

const CHILD = join(import.meta.dirname, "child.mjs");
/** Puts between two looks at the directory: 1 MiB of pairs of 272 bytes. */
const LOOK_EVERY = 4096;
const [GETS_AT_ONCE, BREAK_MS, BREAKS_PER_REFRESH] = [100, 5, 20];

/**
 * Overwrites the keys of a store that is filled.
 *
 * @param job `putsPerTurn`: pairs between two turns of the event loop; 0 gives it none. `batchCount`: pairs a call, by
 * `putMany`. `skewed`: by Zipf's law. `reader`: a contender whose `read-beside` reads meanwhile, in a process of its own.
 * @param store `put(key, value)`, where it returns a promise awaited; `putMany(pairs)`; `close()`; `facts(diskBytesMax)`,
 * what it tells of itself.
 */
export async function overwrite(job, store) {
  const { directory, keys, valueBytes, putsPerTurn, batchCount = 1 } = job;
  const calls = Math.floor(job.overwrites / batchCount);
  const overwrites = calls * batchCount;
  const key = keyMaker("Buffer");
  const value = valueMaker(valueBytes);
  const draw = job.skewed ? zipf(keys) : shuffle(keys);
  const pairs = () => Array.from({ length: batchCount }, () => [Buffer.from(key(draw())), value()]);
  const putMs = new Float32Array(calls);
  const written = writtenBytes();
  const reader = job.reader ? await startReader(job) : undefined;
  const startMs = performance.now();
  let [diskBytesMax, longestTurnMs] = [0, 0];
  for (let call = 0; call < calls; call++) {
    const [what, newValue] = batchCount > 1 ? [pairs()] : [key(draw()), value()];
    const putStartMs = performance.now();
    const put = batchCount > 1 ? store.putMany(what) : store.put(what, newValue);
    if (put instanceof Promise) await put;
    putMs[call] = performance.now() - putStartMs;
    const pairCount = (call + 1) * batchCount;
    if (pairCount % LOOK_EVERY < batchCount) diskBytesMax = Math.max(diskBytesMax, bytesIn(directory));
    if (putsPerTurn === 0 || pairCount % putsPerTurn >= batchCount) continue;
    const turnStartMs = performance.now();
    await nextTurn();
    longestTurnMs = Math.max(longestTurnMs, performance.now() - turnStartMs);
  }
  const microseconds = ((performance.now() - startMs) * 1000) / overwrites;
  const read = await reader?.stop();
  const facts = store.facts?.(diskBytesMax);
  await store.close();
  const pairBytes = KEY_LEN + valueBytes;
  return {
    microseconds,
    ...percentiles(putMs),
    longestTurnMs,
    diskBytesMax,
    diskRatio: diskBytesMax / (keys * pairBytes),
    writtenRatio: (writtenBytes() - written) / (overwrites * pairBytes),
    ...facts,
    ...read,
  };
}

/** Each value another one, or SQLite would not write it, and none that compresses, or LevelDB would. */
export function valueMaker(byteCount) {
  const draw = shuffle(256);
  const pool = Buffer.from(Array.from({ length: byteCount + 2 ** 16 }, draw));
  let number = 0;
  return () => {
    const at = number++ % 2 ** 16;
    return pool.subarray(at, at + byteCount);
  };
}

/** Of all files: what is gone, but held open by somebody, is not among it. */
function bytesIn(directory) {
  let bytes = 0;
  for (const name of readdirSync(directory))
    bytes += statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}

/** Bytes that this process has handed to the kernel with any call that writes; Linux only. */
function writtenBytes() {
  return Number(readFileSync("/proc/self/io", "utf8").match(/^wchar: (\d+)$/m)[1]);
}

/** @param ms Sorted by this. */
export function percentiles(ms, prefix = "") {
  ms.sort();
  const at = (share) => ms[Math.min(ms.length - 1, Math.floor(ms.length * share))];
  const named = { p50: at(0.5), p99: at(0.99), p999: at(0.999), p9999: at(0.9999), longest: ms.at(-1) };
  return Object.fromEntries(Object.entries(named).map(([name, value]) => [camel(prefix, name), value]));
}

const camel = (prefix, name) => `${prefix}${prefix ? name[0].toUpperCase() + name.slice(1) : name}Ms`;

/**
 * Numbers below `bound` by Zipf's law with the exponent 0.99, after Gray et al., "Quickly generating billion-record
 * synthetic databases" (1994); spread over all of the range, so that neighbours are not hot together.
 */
export function zipf(bound) {
  const THETA = 0.99;
  let zeta = 0;
  for (let rank = 1; rank <= bound; rank++) zeta += 1 / rank ** THETA;
  const alpha = 1 / (1 - THETA);
  const eta = (1 - (2 / bound) ** (1 - THETA)) / (1 - (1 + 0.5 ** THETA) / zeta);
  const draw = shuffle(2 ** 32);
  const rankOf = (share) => {
    if (share * zeta < 1) return 0;
    if (share * zeta < 1 + 0.5 ** THETA) return 1;
    return Math.floor(bound * (eta * share - eta + 1) ** alpha);
  };
  // A prime that divides no bound below itself: each rank has a number of its own.
  return () => (rankOf(draw() / 2 ** 32) * 2_654_435_761) % bound;
}

/**
 * Reads at its leisure, 100 gets of any keys every 5 ms, until its input ends.
 *
 * @param get From a key to its value. @param refresh Called between: what a reader does that wants to see what is new.
 */
export async function readBeside({ keys, valueBytes }, get, refresh = () => {}) {
  const key = keyMaker("Buffer");
  const draw = shuffle(keys);
  const [getMs, refreshMs] = [[], []];
  let [heldBytesMax, isOver] = [0, false];
  process.stdin.on("end", () => {
    isOver = true;
  });
  process.stdin.resume();
  writeSync(1, "ready\n");
  while (!isOver) {
    for (let count = 0; count < GETS_AT_ONCE; count++)
      getMs.push(timed(() => get(key(draw())).length, valueBytes));
    if (getMs.length % (GETS_AT_ONCE * BREAKS_PER_REFRESH) === 0) {
      const startMs = performance.now();
      await refresh();
      refreshMs.push(performance.now() - startMs);
      heldBytesMax = Math.max(heldBytesMax, heldBytes());
    }
    await sleep(BREAK_MS);
  }
  const gets = percentiles(Float32Array.from(getMs), "get");
  const refreshes = percentiles(Float32Array.from(refreshMs), "refresh");
  return { gets: getMs.length, ...gets, ...refreshes, heldMiB: heldBytesMax / 2 ** 20 };
}

/** Bytes of files that were removed, and that this process holds open: the disk gives them back only behind that. */
function heldBytes() {
  let bytes = 0;
  for (const descriptor of readdirSync("/proc/self/fd")) {
    try {
      if (readlinkSync(`/proc/self/fd/${descriptor}`).endsWith(" (deleted)"))
        bytes += fstatSync(Number(descriptor)).size;
    } catch (error) {
      // The one of the listing itself.
      if (error.code !== "ENOENT" && error.code !== "EBADF") throw error;
    }
  }
  return bytes;
}

function timed(read, expected) {
  const startMs = performance.now();
  if (read() !== expected) throw new Error("bench: wrong value");
  return performance.now() - startMs;
}

/** Has a reader read at its leisure until it is stopped. */
async function startReader({ reader, directory, keys, valueBytes }) {
  const words = [CHILD, reader, "read-beside", JSON.stringify({ directory, keys, valueBytes })];
  const child = spawn(process.execPath, words, { stdio: ["pipe", "pipe", "inherit"] });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    printed += text;
  });
  const ended = new Promise((resolve) => child.on("close", resolve));
  const isReady = new Promise((resolve) => child.stdout.once("data", resolve));
  await Promise.race([isReady, ended]);
  return {
    async stop() {
      child.stdin.end();
      const status = await ended;
      if (status !== 0) throw new Error(`bench: the reader ended with ${status}`);
      return JSON.parse(printed.slice("ready\n".length));
    },
  };
}
