import { discardStores, fillStores } from "./stores.mjs";

/** A whole store read and checked; with larger values, where a call for each CRC counts for less; and a small one. */
export function verify(bench) {
  const bytes = bench.options.verifyBytes;
  verifyOne(bench, "verify-small", bytes >> 4, 256);
  verifyOne(bench, "verify", bytes, 256);
  verifyOne(bench, "verify-4096", bytes, 4096);
}

function verifyOne(bench, id, bytes, valueBytes) {
  const keys = Math.floor(bytes / (44 + valueBytes));
  const places = fillStores(bench, ["datawal"], { keys, valueBytes });
  const job = { ...places.datawal, valueBytes, keyBytes: 16, forMs: 1 };
  const megabytes = (keys * (44 + valueBytes)) / 1e6;
  const bare = (operation, more) => ({ program: "bare", operation, job: { ...job, ...more } });
  const mebibytes = Math.round(bytes / 2 ** 20);
  bench.measure(
    { id, title: `verifyLog, ${mebibytes} MiB, values of ${valueBytes} bytes`, unit: "µs a megabyte" },
    {
      datawal: { operation: "verify", job },
      bare: bare("read", { crc: true }),
      "bare, frame by frame": bare("read-frames", { operations: megabytes }),
      "bare, without a CRC": bare("read", {}),
    },
  );
  discardStores(bench, places);
}
