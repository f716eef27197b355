import { discardStores, fillStores } from "./stores.mjs";

/** What writes a store anew: its speed, and its memory while only the store grows and not its keys. */
export function compact(bench) {
  for (const keys of bench.sizes.compactKeys) {
    const places = fillStores(bench, ["datawal"], { keys, valueBytes: 256 });
    const job = places.datawal;
    for (const operation of ["compact-to", "export-jsonl"]) {
      bench.measure(
        { id: `${operation}-${keys}`, title: `${operation}, ${keys} keys`, unit: "µs a key" },
        { datawal: { operation, job }, rust: { operation, job } },
      );
    }
    if (keys === bench.sizes.compactKeys[0]) importing(bench, job);
    discardStores(bench, places);
  }
  memory(bench);
}

function importing(bench, place) {
  const source = bench.path("exported.jsonl");
  bench.run("datawal", "export-jsonl", { ...place, target: source });
  bench.measure(
    { id: "import-jsonl", title: "import-jsonl", unit: "µs a key" },
    { datawal: { operation: "import-jsonl", job: { source } } },
  );
  bench.discard(source);
}

function memory(bench) {
  const keys = bench.sizes.compactMemoryKeys;
  for (const valueBytes of bench.sizes.compactMemoryValues) {
    const places = fillStores(bench, ["datawal"], { keys, valueBytes });
    const source = bench.path("exported.jsonl");
    bench.run("datawal", "export-jsonl", { ...places.datawal, target: source });
    const labels = {
      "compact-to": places.datawal,
      "export-jsonl": places.datawal,
      "import-jsonl": { source },
    };
    for (const [operation, job] of Object.entries(labels)) {
      bench.measure(
        {
          id: `${operation}-memory-${valueBytes}`,
          title: `${operation}, ${keys} keys of ${valueBytes} bytes: peak memory`,
          quantity: "peakRssBytes",
          unit: "bytes",
        },
        { datawal: { operation, job } },
      );
    }
    bench.discard(source);
    discardStores(bench, places);
  }
}
