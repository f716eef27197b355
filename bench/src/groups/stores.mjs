// Stores to read from, made once for all rounds.

/**
 * Fills a store for each contender that keeps its own form; the reference reads ours.
 *
 * @param labels Of contenders; `jsonl` gets a file.
 * @returns By label: what a job needs to find it.
 */
export function fillStores(bench, labels, { keys, valueBytes }) {
  const places = {};
  for (const label of labels) {
    if (bench.missing[label]) continue;
    const path = bench.path(`${label}-${keys}-${valueBytes}`);
    places[label] = label === "jsonl" ? { path } : { directory: path };
    bench.discard(path);
    bench.run(label, "fill", { ...places[label], keys, valueBytes });
  }
  return places;
}

export function discardStores(bench, places) {
  for (const { path, directory } of Object.values(places)) bench.discard(path ?? directory);
}
