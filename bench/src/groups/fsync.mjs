/** Each record durable before the next. */
export function fsync(bench) {
  const job = { valueBytes: 256, warmup: Math.ceil(bench.sizes.fsync / 10), count: bench.sizes.fsync };
  const durable = { operation: "put", job: { ...job, sync: true } };
  bench.measure(
    { id: "append-fsync", title: "append + fsyncSync each, 256 bytes", unit: "µs a record" },
    {
      datawal: { operation: "append-fsync", job },
      bare: { operation: "append-fsync", job },
      rust: { operation: "append-fsync", job },
      "classic-level": durable,
      lmdb: durable,
      "better-sqlite3": durable,
      "node-sqlite": durable,
    },
  );
  bench.measure(
    { id: "append-fsync-awaited", title: "append + await fsync() each, 256 bytes", unit: "µs a record" },
    {
      datawal: { operation: "append-fsync-awaited", job },
      bare: { operation: "append-fsync-awaited", job },
      rust: { operation: "append-fsync", job },
    },
  );
}
