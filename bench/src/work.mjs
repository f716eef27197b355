// What all contenders share: keys, values, the order of random reads, and how a measurement is taken.
import { writeSync } from "node:fs";

export const KEY_LEN = 16;

/**
 * Keys `key-%012d`, written into one buffer that is used again: making a key then costs next to nothing, and the same
 * for everyone.
 *
 * @param {"Uint8Array" | "Buffer"} kind What the contender's documentation shows.
 */
export function keyMaker(kind) {
  const key = kind === "Buffer" ? Buffer.alloc(KEY_LEN) : new Uint8Array(KEY_LEN);
  new TextEncoder().encodeInto("key-", key);
  return (number) => {
    let rest = number;
    for (let at = KEY_LEN - 1; at >= 4; at--) {
      const tenth = Math.floor(rest / 10);
      key[at] = 48 + rest - tenth * 10;
      rest = tenth;
    }
    return key;
  };
}

export function keyText(number) {
  return `key-${String(number).padStart(12, "0")}`;
}

/** @param {"Uint8Array" | "Buffer"} kind */
export function makeValue(byteCount, kind) {
  const value = kind === "Buffer" ? Buffer.alloc(byteCount) : new Uint8Array(byteCount);
  return value.fill("v".charCodeAt(0));
}

/** Numbers below `bound`, as `rust/src/work.rs` draws them: xorshift32 from the same seed. */
export function shuffle(bound) {
  let state = 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

/**
 * Times `count` calls after `warmup` others; `act` gets their number, from 0. In slices, so that the loop itself is
 * compiled before it is timed.
 */
export function timeEach({ warmup, count }, act) {
  callEach(0, warmup >> 1, act);
  callEach(warmup >> 1, warmup, act);
  const stop = startClock();
  for (let done = 0; done < count; done += SLICE) {
    callEach(warmup + done, warmup + Math.min(count, done + SLICE), act);
  }
  return stop(count);
}

const SLICE = 4096;

function callEach(from, to, act) {
  for (let number = from; number < to; number++) act(number);
}

/** As {@link timeEach}, awaiting each call. */
export async function timeEachAwaited({ warmup, count }, act) {
  for (let number = 0; number < warmup; number++) await act(number);
  const stop = startClock();
  for (let number = warmup; number < warmup + count; number++) await act(number);
  return stop(count);
}

/** Times one call, which returns how many operations it did. */
export async function timeOnce(act) {
  const stop = startClock();
  return stop(await act());
}

/** Repeats a pass that returns how many operations it did, for at least `forMs` after one pass to warm up. */
export function timePasses(forMs, pass) {
  pass();
  const stop = startClock();
  const endMs = performance.now() + forMs;
  let operations = 0;
  do operations += pass();
  while (performance.now() < endMs);
  return stop(operations);
}

/**
 * Starts the clock; what it returns stops it. A record, a key or a call is an operation here. Processor time, of all
 * threads, is kept beside: it tells more where other programs were busy.
 */
function startClock() {
  const startMs = performance.now();
  const startUsage = process.cpuUsage();
  return (operations) => {
    const elapsedMs = performance.now() - startMs;
    const { user, system } = process.cpuUsage(startUsage);
    const count = Math.max(1, operations);
    return { microseconds: (elapsedMs * 1000) / count, cpuMicroseconds: (user + system) / count, operations };
  };
}

/** The cost of each record of a batch. */
export function eachOf(batchCount, { microseconds, cpuMicroseconds, operations }) {
  return {
    microseconds: microseconds / batchCount,
    cpuMicroseconds: cpuMicroseconds / batchCount,
    operations: operations * batchCount,
  };
}

/** Pieces of `count`, as [from, to), of at most `pieceCount` each. */
export function* pieces(count, pieceCount) {
  for (let from = 0; from < count; from += pieceCount) yield [from, Math.min(count, from + pieceCount)];
}

/** The most memory this process has held. */
export function peakRssBytes() {
  return process.resourceUsage().maxRSS * 1024;
}

/** Writes without waiting for a pipe's other end, so that the process may end at once. */
export function answer(measurement) {
  writeSync(1, `${JSON.stringify(measurement)}\n`);
}
