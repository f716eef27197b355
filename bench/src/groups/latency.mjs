import { discardStores, fillStores } from "./stores.mjs";

const WATCHED = [
  "open",
  "verifyLog",
  "scan (async)",
  "compactTo",
  "exportJsonl",
  "importJsonl",
  "snapshotTo",
  "salvageTo",
];

/** The worst case: the longest single put, and the longest time that an asynchronous operation holds the event loop. */
export function latency(bench) {
  const count = bench.sizes.longestPutKeys;
  const job = { valueBytes: 100, keyBytes: 16, count };
  bench.measure(
    { id: "longest-put", title: `longest of ${count} puts`, quantity: "longestMs", unit: "ms" },
    {
      datawal: { operation: "longest-put", job },
      "never rotating": { program: "datawal", operation: "longest-put", job: { ...job, neverRotates: true } },
      bare: { operation: "longest-write", job },
    },
  );
  holds(bench);
}

function holds(bench) {
  const places = fillStores(bench, ["datawal"], { keys: bench.sizes.holdKeys, valueBytes: 256 });
  const source = bench.path("exported.jsonl");
  bench.run("datawal", "export-jsonl", { ...places.datawal, target: source });
  for (const operation of WATCHED) {
    const job = { operation, source, ...(operation === "importJsonl" ? {} : places.datawal) };
    bench.measure(
      {
        id: `hold-${operation}`,
        title: `longest hold of the event loop: ${operation}`,
        quantity: "longestHoldMs",
        unit: "ms",
      },
      { datawal: { operation: "longest-hold", job } },
    );
  }
  bench.discard(source);
  discardStores(bench, places);
}
