import { PUT_PEERS } from "./put.mjs";
import { discardStores, fillStores } from "./stores.mjs";

/** From a closed store to the first answer: time, and memory. */
export function open(bench) {
  for (const keys of bench.sizes.openKeys) {
    const places = fillStores(bench, ["datawal", "jsonl", ...PUT_PEERS], { keys, valueBytes: 256 });
    const on = (place, operation = "open") => ({ operation, job: { ...place, keys } });
    const others = Object.entries(places).filter(([label]) => label !== "datawal");
    bench.measure(
      { id: `open-${keys}`, title: `open, ${keys} keys`, unit: "µs a key" },
      {
        datawal: on(places.datawal),
        bare: { operation: "read", job: { ...places.datawal, forMs: 1, operations: keys } },
        rust: on(places.datawal),
        ...Object.fromEntries(others.map(([label, place]) => [label, on(place)])),
      },
    );
    memory(bench, places.datawal, keys);
    byCheckpoint(bench, places.datawal, keys);
    discardStores(bench, places);
  }
}

/** Behind all else: whoever opens the store otherwise erases the note, and the log is read. */
function byCheckpoint(bench, place, keys) {
  bench.run("datawal", "settle", place);
  const on = (checkpoint) => ({ program: "datawal", operation: "open", job: { ...place, checkpoint } });
  bench.measure(
    { id: `open-checkpoint-${keys}`, title: `open by a checkpoint, ${keys} keys`, unit: "µs a key" },
    { datawal: on(true), "without a checkpoint": on(false) },
  );
}

function memory(bench, place, keys) {
  bench.measure(
    {
      id: `start-rss-${keys}`,
      title: "memory of a process that opens nothing",
      quantity: "peakRssBytes",
      unit: "bytes",
    },
    { bare: { operation: "nothing", job: {} }, rust: { operation: "nothing", job: {} } },
  );
  bench.measure(
    {
      id: `keydir-${keys}`,
      title: `held by an open store of ${keys} keys`,
      quantity: "heldPerKey",
      unit: "bytes a key",
    },
    { datawal: { operation: "keydir", job: place, nodeFlags: ["--expose-gc"] } },
  );
  bench.measure(
    {
      id: `open-heap-${keys}`,
      title: "allocated on V8's heap while a log is opened",
      quantity: "heapPerRecord",
      unit: "bytes a record",
    },
    {
      // Room enough that nothing is collected meanwhile.
      datawal: {
        operation: "open-heap",
        job: place,
        nodeFlags: ["--expose-gc", "--max-semi-space-size=1024", "--min-semi-space-size=1024"],
      },
    },
    1,
  );
}
