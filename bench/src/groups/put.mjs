export const PUT_PEERS = ["classic-level", "lmdb", "better-sqlite3", "node-sqlite"];

/** One pair a call; and a delete and a put of a key that is there. */
export function put(bench) {
  for (const keys of bench.sizes.putKeys) {
    // Few keys are put again and again: a thousand puts are over before the machine is warm.
    const count = Math.max(keys, bench.sizes.putsFewest);
    const job = { valueBytes: 256, keyBytes: 16, keys, warmup: count >> 2, count };
    const others = Object.fromEntries(PUT_PEERS.map((peer) => [peer, { operation: "put", job }]));
    bench.measure(
      { id: `put-${keys}`, title: `put, ${keys} keys`, unit: "µs a pair" },
      {
        datawal: { operation: "put", job },
        "keys as strings": { program: "datawal", operation: "put-text", job },
        bare: { operation: "append", job },
        rust: { operation: "put", job },
        ...others,
      },
    );
  }
  deletePut(bench);
}

function deletePut(bench) {
  const keys = bench.sizes.putKeys.at(-1);
  const job = { valueBytes: 256, keys, warmup: keys >> 2, count: keys >> 1 };
  const others = Object.fromEntries(PUT_PEERS.map((peer) => [peer, { operation: "delete-put", job }]));
  bench.measure(
    { id: "delete-put", title: `delete + put again, ${keys} keys`, unit: "µs for both" },
    { datawal: { operation: "delete-put", job }, rust: { operation: "delete-put", job }, ...others },
  );
}
