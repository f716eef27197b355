export const BATCH_PEERS = ["jsonl", "classic-level", "lmdb", "better-sqlite3", "node-sqlite"];

/** Many records a call, against the peers' batches and transactions, and the reference's single puts. */
export function batch(bench) {
  const { batchCount, count } = bench.sizes.batch;
  const job = { valueBytes: 256, batchCount, warmup: Math.ceil(count / 4), count };
  const singles = batchCount * Math.min(count, 60);
  const single = { valueBytes: 256, keys: batchCount + singles, warmup: batchCount, count: singles };
  const others = Object.fromEntries(BATCH_PEERS.map((peer) => [peer, { operation: "put-many", job }]));
  const bare = { operation: "append", job: { ...single, keyBytes: 16 } };
  for (const operation of ["append-many", "put-many"]) {
    bench.measure(
      { id: operation, title: `${operation}, ${batchCount} pairs a call`, unit: "µs a record" },
      { datawal: { operation, job }, bare, rust: { operation: "put", job: single }, ...others },
    );
  }
  const over = { ...job, keys: 10 * batchCount };
  bench.measure(
    {
      id: "put-many-over",
      title: `put-many over what is there, ${batchCount} pairs a call`,
      unit: "µs a record",
    },
    { datawal: { operation: "put-many", job: over }, bare },
  );
  const ofTwo = { ...job, batchCount: 2, warmup: 2_000, count: count * 40 };
  for (const [id, each, name, operation] of [
    ["batch", job, "putMany", "put-many"],
    ["batch-of-two", ofTwo, "puts", "put-two"],
  ]) {
    bench.measure(
      { id, title: `batch, ${each.batchCount} pairs a call, all or nothing`, unit: "µs a record" },
      { datawal: { operation: "batch", job: each }, [name]: { program: "datawal", operation, job: each } },
    );
  }
}
