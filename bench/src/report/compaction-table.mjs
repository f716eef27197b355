import { median } from "../statistics.mjs";
import { format } from "./format.mjs";
import { markdownTable } from "./table.mjs";

const COLUMNS = {
  "disk, x live": "diskRatio",
  "written, x put": "writtenRatio",
  "a put, µs": "microseconds",
  "p99.9, ms": "p999Ms",
  "longest put, ms": "longestMs",
  "longest wait for a turn, ms": "longestTurnMs",
};

const READER_COLUMNS = {
  "get, median, ms": "getP50Ms",
  "p99.9, ms": "getP999Ms",
  "longest get, ms": "getLongestMs",
  "refresh, median, ms": "refreshP50Ms",
  "longest refresh, ms": "refreshLongestMs",
  "held though removed, MiB": "heldMiB",
};

/** What the group "compaction" has found: a table of writers, and one of the readers beside. */
export function compactionTable(cases) {
  const read = cases.filter(({ measurements }) => measurements.datawal?.[0].getP50Ms !== undefined);
  return `${table(cases, COLUMNS)}\n\nThe readers:\n\n${table(read, READER_COLUMNS)}`;
}

function table(cases, columns) {
  const rows = cases.flatMap(({ title, measurements }) =>
    Object.entries(measurements).map(([label, all], index) => [
      index === 0 ? title : "",
      label,
      ...Object.values(columns).map((quantity) => format(median(all.map((one) => one[quantity])))),
    ]),
  );
  return markdownTable(["work", "who", ...Object.keys(columns)], rows);
}
