// What a service does to its store all day: many callers at once, some keys all the time and most of them rarely.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { valueMaker, zipf } from "./overwriting.mjs";
import { KEY_LEN, keyMaker, shuffle } from "./work.mjs";

const CALLERS = 64;
/** Of a hundred operations; a sync is awaited by its caller. */
const SHARES = Object.entries({ get: 50, put: 40, delete: 5, sync: 5 });
const KINDS = SHARES.flatMap(([kind, share]) => Array(share).fill(kind));

/**
 * Lets 64 callers get, put, delete and sync, with keys by Zipf's law, in a store that is filled.
 *
 * @param job `seconds` that it takes.
 * @param store `get(key)`, `put(key, value)`, `delete(key)`, `sync()`: a promise is awaited; `close()`.
 */
export async function mix({ directory, keys, valueBytes, seconds }, store) {
  const [drawKey, drawKind, value] = [zipf(keys), shuffle(KINDS.length), valueMaker(valueBytes)];
  const times = Object.fromEntries(SHARES.map(([kind]) => [kind, new Histogram()]));
  const startMs = performance.now();
  const endMs = startMs + seconds * 1000;
  async function call() {
    const key = keyMaker("Buffer");
    for (let begunMs = performance.now(); begunMs < endMs; begunMs = performance.now()) {
      const kind = KINDS[drawKind()];
      const answer = store[kind](key(drawKey()), kind === "put" ? value() : undefined);
      if (answer instanceof Promise) await answer;
      times[kind].add(performance.now() - begunMs);
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, call));
  const elapsedMs = performance.now() - startMs;
  const diskBytes = bytesBelow(directory);
  await store.close();
  const count = Object.values(times).reduce((sum, { count }) => sum + count, 0);
  const each = Object.entries(times).map(([kind, histogram]) => [kind, histogram.percentiles()]);
  return {
    microseconds: (elapsedMs * 1000) / count,
    operationsPerSecond: (count * 1000) / elapsedMs,
    ...Object.fromEntries(each),
    diskRatio: diskBytes / (keys * (KEY_LEN + valueBytes)),
  };
}

/** Milliseconds, to a twentieth of each: ten minutes' worth one by one would not fit into memory. */
class Histogram {
  count = 0;
  #counts = new Float64Array(1024);
  #longestMs = 0;

  add(ms) {
    this.count++;
    this.#counts[Math.max(0, Math.ceil(Math.log2(ms * 1e4) * 14))]++;
    if (ms > this.#longestMs) this.#longestMs = ms;
  }

  percentiles() {
    return { p50: this.#at(0.5), p99: this.#at(0.99), p999: this.#at(0.999), longest: this.#longestMs };
  }

  #at(share) {
    let rest = share * this.count;
    const bucket = this.#counts.findIndex((count) => {
      rest -= count;
      return rest <= 0;
    });
    return 2 ** (bucket / 14) / 1e4;
  }
}

function bytesBelow(directory) {
  const names = readdirSync(directory, { recursive: true });
  return names.reduce(
    (sum, name) =>
      sum + (statSync(join(directory, name)).isFile() ? statSync(join(directory, name)).size : 0),
    0,
  );
}
