import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { median } from "../statistics.mjs";
import { barChart, lineChart } from "./svg.mjs";

const FOLDER = join(import.meta.dirname, "../../results");

/** Name to what is drawn; a picture without figures is not drawn. Also what the page shows, in this order. */
export const PICTURES = {
  "against-peers": drawPeers,
  "cost-of-put-and-get": drawKeys,
  "cost-of-open": drawOpen,
  "memory-of-keys": drawMemory,
  "cost-of-values": drawValues,
  "cost-of-segments": drawSegments,
  "hostile-tails": drawTails,
};

/** Draws what was measured into bench/results. */
export function writePictures(run) {
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, draw] of Object.entries(PICTURES)) {
    const picture = draw(run.cases);
    if (picture) writeFileSync(join(FOLDER, `${name}.svg`), picture);
  }
}

function middle({ measurements, quantity }, label) {
  return median(measurements[label].map((measurement) => measurement[quantity]));
}

function drawPeers(cases) {
  const panels = [
    "append-1024",
    "put-100000",
    "put-many",
    "delete-put",
    "get-100000",
    "open-1000000",
    "scan",
  ].flatMap((id) => {
    const found = cases.find((measured) => measured.id === id);
    if (!found) return [];
    const bars = Object.keys(found.measurements).map((name) => ({ name, value: middle(found, name) }));
    return [{ title: `${found.title} (${found.unit})`, bars }];
  });
  return panels.length > 0 && barChart({ title: "Against peers: shorter is better", panels });
}

/** A line through all cases whose id begins so, by their size. */
function line(cases, prefix, name, label = "datawal", pick = undefined) {
  const found = cases.filter(({ id, size }) => id.startsWith(prefix) && size !== undefined);
  const points = found
    .filter(({ measurements }) => measurements[label])
    .map((measured) => [Math.max(1, measured.size), pick ? pick(measured) : middle(measured, label)]);
  return points.length > 0 ? [{ name, points }] : [];
}

function chart(facts, series) {
  return series.length > 0 && lineChart({ ...facts, series });
}

function drawKeys(cases) {
  const title = "One put, one get, while the store grows (values of 100 bytes)";
  return chart({ title, xTitle: "keys", yTitle: "µs" }, [
    ...line(cases, "grow-put-", "put"),
    ...line(cases, "grow-get-", "get, random keys"),
  ]);
}

function drawOpen(cases) {
  const title = "Opening a store (values of 100 bytes)";
  const seconds = (measured) => (middle(measured, "datawal") * measured.size) / 1e6;
  return chart(
    { title, xTitle: "keys", yTitle: "seconds" },
    line(cases, "scale-open-", "open", "datawal", seconds),
  );
}

function drawMemory(cases) {
  const title = "Memory held by an open store (keys of 16 bytes)";
  const mebibytes = (measured) => Math.max(0.1, (middle(measured, "datawal") * measured.size) / 2 ** 20);
  const series = line(cases, "grow-memory-", "held, all told", "datawal", mebibytes);
  const [first] = series;
  const floor = first && [
    { name: "80 bytes a key", points: first.points.map(([keys]) => [keys, (80 * keys) / 2 ** 20]) },
  ];
  return chart({ title, xTitle: "keys", yTitle: "MiB" }, [...series, ...(floor ?? [])]);
}

function drawValues(cases) {
  return chart({ title: "Cost against the size of values", xTitle: "bytes of a value", yTitle: "µs" }, [
    ...line(cases, "value-put-", "put"),
    ...line(cases, "value-put-", "bare write", "bare"),
    ...line(cases, "value-get-", "get"),
    ...line(cases, "value-get-", "bare read", "bare"),
    ...line(cases, "value-open-", "open, a key"),
  ]);
}

function drawSegments(cases) {
  const title = "Opening the same keys in more and more segments";
  return chart({ title, xTitle: "segments", yTitle: "µs a key" }, line(cases, "segments-", "open"));
}

function drawTails(cases) {
  const title = "Opening for writing in front of a tail of forged headers";
  return chart({ title, xTitle: "bytes of the tail", yTitle: "ms" }, line(cases, "hostile-", "open"));
}
