/** Callers that share syncs; what a sync in flight costs those who append; what a rotation costs. */
export function groupCommit(bench) {
  const { callers: counts, records, fewestEach } = bench.sizes.groupCommit;
  const alone = { valueBytes: 256, warmup: 10, count: bench.sizes.fsync };
  for (const callers of counts) {
    const perCaller = Math.max(fewestEach, Math.ceil(records / 16 / callers));
    const job = { valueBytes: 256, callers, perCaller };
    bench.measure(
      {
        id: `group-commit-${callers}`,
        title: `append + await fsync(), ${callers} callers`,
        unit: "µs a record",
      },
      {
        datawal: { operation: "group-commit", job },
        "rust, one caller": { program: "rust", operation: "append-fsync", job: alone },
      },
    );
    bench.measure(
      {
        id: `fairness-${callers}`,
        title: `syncs that end while one of ${callers} callers waits`,
        quantity: "mostSyncs",
        unit: "at most",
      },
      { datawal: { operation: "fairness", job } },
    );
  }
  appendsDuringSync(bench);
  rotationStalls(bench);
}

function appendsDuringSync(bench) {
  const job = { valueBytes: 256, count: bench.sizes.duringSync };
  const { measurements } = bench.measure(
    { id: "append-during-sync", title: "append while a sync is in flight", unit: "µs a record" },
    { datawal: { operation: "append-during-sync", job } },
  );
  // Of two trees only the first figure is compared.
  if (!measurements.datawal) return;
  const quiet = measurements.datawal.map(({ quietMicroseconds }) => ({ microseconds: quietMicroseconds }));
  bench.record(
    { id: "append-without-sync", title: "the same without one", unit: "µs a record" },
    { datawal: quiet },
  );
}

function rotationStalls(bench) {
  const { segmentBytesMax: sizes, rotations } = bench.sizes.rotation;
  for (const segmentBytesMax of sizes) {
    const job = { valueBytes: 4096, segmentBytesMax, rotations };
    const stall = (backgroundSyncs) => ({
      program: "datawal",
      operation: "rotation-stall",
      job: { ...job, backgroundSyncs },
    });
    bench.measure(
      {
        id: `rotation-${segmentBytesMax}`,
        title: `an append that rotates, segments of ${segmentBytesMax / 2 ** 20} MiB`,
        quantity: "medianMs",
        unit: "ms",
      },
      { datawal: stall(true), "without background sync": stall(false) },
    );
  }
}
