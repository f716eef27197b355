import { PUT_PEERS } from "./put.mjs";
import { discardStores, fillStores } from "./stores.mjs";

/** Random keys, evenly; and as they are asked for in practice, a few of them most of the time. */
export function get(bench) {
  for (const keys of bench.sizes.getKeys) {
    const places = fillStores(bench, ["datawal", ...PUT_PEERS], { keys, valueBytes: 256 });
    const count = bench.sizes.gets;
    const job = { valueBytes: 256, keyBytes: 16, keys, warmup: count >> 1, count };
    const on = (place, more) => ({ operation: "get", job: { ...job, ...place, ...more } });
    const others = Object.entries(places).filter(([label]) => label !== "datawal");
    bench.measure(
      { id: `get-${keys}`, title: `get, ${keys} keys`, unit: "µs a key" },
      {
        datawal: on(places.datawal),
        bare: on(places.datawal),
        "bare, key touched": { program: "bare", ...on(places.datawal, { touchesKey: true }) },
        rust: on(places.datawal),
        ...Object.fromEntries(others.map(([label, place]) => [label, on(place)])),
      },
    );
    if (keys <= 100_000) cached(bench, places, on, keys);
    if (keys === 100_000) skewed(bench, places, on);
    discardStores(bench, places);
  }
}

/** The same where memory has them all: what a process reads that has written it. */
function cached(bench, places, on, keys) {
  const contenders = {
    datawal: { operation: "get-written", job: { ...on().job, cacheBytes: Math.max(4 << 20, keys * 512) } },
    bare: on(places.datawal),
  };
  if (places.lmdb) contenders.lmdb = on(places.lmdb);
  bench.measure(
    { id: `get-cached-${keys}`, title: `get, ${keys} keys, all in memory`, unit: "µs a key" },
    contenders,
  );
}

function skewed(bench, places, on) {
  const contenders = { datawal: on(places.datawal, { skewed: true }) };
  if (places.lmdb) contenders.lmdb = on(places.lmdb, { skewed: true });
  bench.measure(
    { id: "get-skewed", title: "get, 9 of 10 from one key of a hundred", unit: "µs a key" },
    contenders,
  );
}
