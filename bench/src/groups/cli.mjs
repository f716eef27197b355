import { join } from "node:path";
import { median } from "../statistics.mjs";
import { discardStores, fillStores } from "./stores.mjs";

const MAIN = join(import.meta.dirname, "../../../packages/cli/dist/main.cjs");
const CHILD = join(import.meta.dirname, "../child.mjs");

/** Whole processes, from start to end. */
export function cli(bench) {
  const small = fillStores(bench, ["datawal"], { keys: 10, valueBytes: 256 });
  const start = bench.measure(
    { id: "cli-start", title: "the command's start", quantity: "milliseconds", unit: "ms" },
    {
      "node -e 0": command("-e", "0"),
      "datawal --version": command(MAIN, "--version"),
      "datawal report": command(MAIN, "report", small.datawal.directory),
    },
    bench.sizes.cliRounds,
  );
  discardStores(bench, small);
  const bareMs = median(start.measurements["node -e 0"].map(({ milliseconds }) => milliseconds));
  scanning(bench, bareMs);
}

/** @param bareMs Node's own start, which is nobody's scanning. */
function scanning(bench, bareMs) {
  const keys = bench.sizes.cliScanKeys;
  const places = fillStores(bench, ["datawal"], { keys, valueBytes: 256 });
  const { directory } = places.datawal;
  bench.measure(
    {
      id: "cli-scan",
      title: `datawal scan, ${keys} records`,
      quantity: "milliseconds",
      unit: "ms without Node's start",
    },
    {
      "datawal scan": { ...command(MAIN, "scan", directory), subtractMs: bareMs },
      "RecordLog.scan": {
        ...command(CHILD, "datawal", "scan-once", JSON.stringify({ directory })),
        subtractMs: bareMs,
      },
    },
  );
  discardStores(bench, places);
}

function command(...words) {
  return { program: "process", words };
}
