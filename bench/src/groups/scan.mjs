import { discardStores, fillStores } from "./stores.mjs";

/** Passes over a log that others have written. */
export function scan(bench) {
  const keys = bench.sizes.passKeys;
  const places = fillStores(bench, ["datawal", "jsonl"], { keys, valueBytes: 256 });
  const job = { ...places.datawal, valueBytes: 256, keyBytes: 16, forMs: bench.sizes.passMs };
  bench.measure(
    { id: "scan", title: "scan, lazily, views", unit: "µs a record" },
    {
      datawal: { operation: "scan", job },
      bare: { operation: "scan", job },
      rust: { operation: "scan", job },
      "rust, scan_iter": { program: "rust", operation: "scan-iter", job },
      jsonl: { operation: "scan", job: { ...job, ...places.jsonl } },
    },
  );
  bench.measure(
    { id: "replay", title: "replay through a cursor", unit: "µs a record" },
    {
      datawal: { operation: "replay", job },
      bare: { operation: "read-frames", job },
      rust: { operation: "scan-iter", job },
    },
  );
  discardStores(bench, places);
}
