import { discardStores, fillStores } from "./stores.mjs";

const VALUE_BYTES = 100;

/** How cost grows: with keys, with segments, with the size of values; and stores of unusual shape. */
export function scale(bench) {
  growing(bench);
  openingMany(bench);
  segments(bench);
  values(bench);
  tornSegment(bench);
  hostileTails(bench);
}

/** Once: at the largest size it fills more than a gigabyte. */
function growing(bench) {
  const { growKeys, growSample } = bench.sizes;
  const directory = bench.path("grown");
  const job = { directory, valueBytes: VALUE_BYTES, sizes: growKeys, sample: growSample };
  const { sizes } = bench.run("datawal", "grow", job, ["--expose-gc"]);
  bench.discard(directory, `${directory}-warm`);
  for (const { keys, put, get, heldPerKey, keydirPerKey } of sizes) {
    const record = (id, title, unit, figure) =>
      bench.record(
        { id: `${id}-${keys}`, title: `${title} at ${keys} keys`, unit, size: keys },
        { datawal: [figure] },
      );
    record("grow-put", "put", "µs", { microseconds: put });
    record("grow-get", "get", "µs", { microseconds: get });
    record("grow-memory", "memory", "bytes a key", { microseconds: heldPerKey, keydirPerKey });
  }
}

function openingMany(bench) {
  for (const keys of bench.sizes.growKeys) {
    const places = fillStores(bench, ["datawal"], { keys, valueBytes: VALUE_BYTES });
    const facts = (id, title) => ({
      id: `${id}-${keys}`,
      title: `${title}, ${keys} keys of 16 + 100 bytes`,
      unit: "µs a key",
      size: keys,
    });
    const job = places.datawal;
    bench.measure(facts("scale-open", "open"), { datawal: { operation: "open", job } });
    if (keys === bench.sizes.growKeys.at(-1))
      bench.measure(facts("scale-compact", "compactTo"), { datawal: { operation: "compact-to", job } }, 1);
    discardStores(bench, places);
  }
}

function segments(bench) {
  for (const count of bench.sizes.segmentCounts) {
    const directory = bench.path(`segments-${count}`);
    const keysEach = Math.floor(bench.sizes.segmentKeys / count);
    bench.run("datawal", "write-segments", { directory, segments: count, keysEach, valueBytes: 256 });
    bench.measure(
      {
        id: `segments-${count}`,
        title: `open, ${count * keysEach} keys in ${count} segments`,
        unit: "µs a key",
        size: count,
      },
      { datawal: { operation: "open", job: { directory } } },
    );
    bench.discard(directory);
  }
}

function values(bench) {
  for (const [bytes, keys] of Object.entries(bench.sizes.values)) {
    const valueBytes = Number(bytes);
    const job = { valueBytes, keyBytes: 16, keys, warmup: keys >> 1, count: keys >> 1 };
    const facts = (id, title) => ({
      id: `${id}-${bytes}`,
      title: `${title}, values of ${bytes} bytes`,
      size: valueBytes,
    });
    bench.measure(
      facts("value-put", "put"),
      { datawal: { operation: "put", job }, bare: { operation: "append", job } },
      3,
    );
    const places = fillStores(bench, ["datawal"], { keys, valueBytes });
    const reading = { operation: "get", job: { ...job, ...places.datawal } };
    bench.measure(facts("value-get", "get"), { datawal: reading, bare: reading }, 3);
    bench.measure(facts("value-open", "open"), { datawal: { operation: "open", job: places.datawal } }, 3);
    discardStores(bench, places);
  }
}

/** One segment, whatever its size, as the reference writes it; its last frame cut. */
function tornSegment(bench) {
  const valueBytes = 4096;
  const records = Math.ceil(bench.sizes.tornBytes / (valueBytes + 28));
  const directory = bench.path("torn");
  const writer = bench.missing.rust ? "datawal" : "rust";
  bench.run(writer, "write-segment", { directory, valueBytes, records });
  bench.run("datawal", "tear", { directory, segment: 1, bytes: records * (valueBytes + 28) - 100 });
  bench.record(
    {
      id: "torn",
      title: `open for writing: one torn segment of ${Math.round(bench.sizes.tornBytes / 2 ** 20)} MiB, written by ${writer}`,
      unit: "µs a record",
    },
    { datawal: [bench.run("datawal", "open-log", { directory })] },
  );
  verifyLarge(bench, directory);
  bench.discard(directory);
}

/** The store whose tail was cut off above, and, for memory, a process that verifies next to nothing. */
function verifyLarge(bench, directory) {
  const verified = bench.run("datawal", "verify", { directory });
  const [mib, small] = [Math.round(bench.sizes.tornBytes / 2 ** 20), bench.path("small")];
  bench.run("datawal", "write-segment", { directory: small, valueBytes: 4096, records: 1000 });
  const verifiedSmall = bench.run("datawal", "verify", { directory: small });
  bench.discard(small);
  const record = (id, title, facts, measurement) =>
    bench.record({ id, title: `verifyLog, ${title}`, ...facts }, { datawal: [measurement] });
  const memory = { quantity: "peakRssBytes", unit: "bytes" };
  record("verify-large", `one segment of ${mib} MiB`, { unit: "µs a megabyte" }, verified);
  record("verify-large-memory", `one segment of ${mib} MiB: peak memory`, memory, verified);
  record("verify-large-memory-small", "one segment of 4 MiB: peak memory", memory, verifiedSmall);
}

/** Forged headers, each claiming 64 MiB: what reads them must not look behind each for so much. */
function hostileTails(bench) {
  for (const tailBytes of bench.sizes.tails) {
    const directory = bench.path("hostile");
    const runs = Array.from({ length: 3 }, () => {
      bench.run("datawal", "write-segments", { directory, segments: 1, keysEach: 1000, valueBytes: 256 });
      bench.run("datawal", "forge-tail", { directory, tailBytes });
      const { microseconds, operations, ...rest } = bench.run("datawal", "open-log", { directory });
      bench.discard(directory);
      return { ...rest, milliseconds: (microseconds * operations) / 1000 };
    });
    bench.record(
      {
        id: `hostile-${tailBytes}`,
        title: `open for writing: a tail of ${tailBytes / 2 ** 20} MiB of forged headers`,
        quantity: "milliseconds",
        unit: "ms",
        size: tailBytes,
      },
      { datawal: runs },
    );
  }
}
