import { median } from "../statistics.mjs";
import { format } from "./format.mjs";
import { markdownTable } from "./table.mjs";

const KINDS = ["get", "put", "delete", "sync"];
/** What the group "mixed" has found: who, and how long each kind of operation took. */
export function mixedTable(cases) {
  const rows = cases.flatMap(({ measurements }) =>
    Object.entries(measurements).flatMap(([label, all]) => {
      const middle = (take) => format(median(all.map(take)));
      const whole = [
        middle((one) => one.operationsPerSecond),
        middle((one) => one.diskRatio),
        middle((one) => one.peakRssBytes / 2 ** 20),
      ];
      return KINDS.map((kind, index) => [
        ...(index === 0 ? [label, ...whole] : ["", "", "", ""]),
        kind,
        ...["p50", "p99", "p999", "longest"].map((part) => middle((one) => one[kind][part])),
      ]);
    }),
  );
  const heads = ["who", "operations a second", "disk, x live", "memory, MiB"];
  return markdownTable([...heads, "", "median, ms", "p99, ms", "p99.9, ms", "longest, ms"], rows);
}
