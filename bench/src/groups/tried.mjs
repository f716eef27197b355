import { discardStores, fillStores } from "./stores.mjs";

/** What was tried and is no part of the product, so that its worth can be measured again. */
export function tried(bench) {
  secondCore(bench);
  cacheOfFrames(bench);
  otherCrcs(bench);
}

function secondCore(bench) {
  for (const keys of bench.sizes.openKeys) {
    const places = fillStores(bench, ["datawal"], { keys, valueBytes: 256 });
    const open = (operation) => ({ program: "datawal", operation, job: places.datawal });
    bench.measure(
      { id: `two-cores-${keys}`, title: `open, ${keys} keys, CRCs on a second core`, unit: "µs a key" },
      { datawal: open("open"), "two cores": open("open-on-two-cores") },
    );
    discardStores(bench, places);
  }
}

function cacheOfFrames(bench) {
  const keys = bench.sizes.passKeys;
  const count = bench.sizes.gets;
  const places = fillStores(bench, ["datawal"], { keys, valueBytes: 256 });
  for (const skewed of [false, true]) {
    const job = { valueBytes: 256, keys, skewed, warmup: count >> 1, count, ...places.datawal };
    const get = (operation) => ({ program: "datawal", operation, job });
    const reads = skewed ? "9 of 10 from one key of a hundred" : "random";
    bench.measure(
      {
        id: `cache-${skewed ? "skewed" : "even"}`,
        title: `get with a cache of proven frames, ${reads}`,
        unit: "µs a key",
      },
      { datawal: get("get-by-parts"), "with a cache": get("get-cached") },
    );
  }
  discardStores(bench, places);
}

/**
 * Beside the CRC by table: none, WebAssembly in memory of its own, four bytes a load, and the processor's own instruction
 * in native code.
 */
function otherCrcs(bench) {
  const count = bench.sizes.gets;
  for (const size of [92, 300, 1052]) {
    const between = (way) => ({
      program: "datawal",
      operation: "crc-between-writes",
      job: { size, way, warmup: count >> 2, count },
    });
    bench.measure(
      { id: `crc-${size}`, title: `a write of ${size} bytes, and their CRC`, unit: "µs" },
      {
        datawal: between("table"),
        "no CRC": between("none"),
        "WebAssembly, in its memory (used for many frames, and for appends)": between("taken"),
        "two words at a time": between("words"),
        native: between("native"),
        "native, one view for all": between("native-one-view"),
      },
    );
  }
}
