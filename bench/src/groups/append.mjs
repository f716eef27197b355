/** One record a call, nothing synced. */
export function append(bench) {
  for (const [bytes, count] of Object.entries(bench.sizes.append)) {
    const job = { valueBytes: Number(bytes), warmup: count >> 2, count };
    const isLarge = job.valueBytes >= 65_536;
    bench.measure(
      { id: `append-${bytes}`, title: `append, ${bytes} bytes`, unit: "µs a record" },
      {
        datawal: { operation: "append", job },
        // The hardware's CRC costs what a large write does: it belongs to what cannot be avoided.
        bare: { operation: isLarge ? "append-crc" : "append", job },
        rust: { operation: "append", job },
        jsonl: { operation: "append", job },
        // Every 8 MiB a sync begins that nobody waits for, and every 64 MiB a rotation syncs the rest.
        ...(isLarge && {
          "never synced": { program: "datawal", operation: "append-unsynced", job },
        }),
      },
    );
  }
}
