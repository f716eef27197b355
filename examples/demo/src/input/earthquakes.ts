import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Operation } from "../operation.js";
import { type Input, segmentBytesFor } from "./input.js";

interface Earthquake {
  id: string;
  properties: Record<string, unknown>;
}

const utf8 = new TextEncoder();

/** The earthquakes of one week, as the U.S. Geological Survey published them: GeoJSON features with distinct ids. */
export function earthquakeInput(): Input {
  const count = readEarthquakes().length;
  return {
    source: { kind: "earthquakes" },
    operations: 2 * count,
    segmentBytesMax: segmentBytesFor(statSync(dataPath()).size),
    description: `${count.toLocaleString("en")} earthquakes of one week (USGS). Key: the event's id. Each is put twice: first without its "updated" time, then whole; so every key is overwritten once.`,
  };
}

export function* earthquakeOperations(): Generator<Operation, void, void> {
  const earthquakes = readEarthquakes();
  for (const earthquake of earthquakes) yield operation(earthquake, withoutUpdated(earthquake));
  for (const earthquake of earthquakes) yield operation(earthquake, earthquake);
}

function operation({ id }: Earthquake, value: Earthquake): Operation {
  return { key: utf8.encode(id), value: utf8.encode(JSON.stringify(value)) };
}

function withoutUpdated(earthquake: Earthquake): Earthquake {
  const { updated: _, ...properties } = earthquake.properties;
  return { ...earthquake, properties };
}

function readEarthquakes(): Earthquake[] {
  return JSON.parse(readFileSync(dataPath(), "utf8")).features;
}

/** The package exports nothing but its entry point; the data lies in a folder beside it. */
function dataPath(): string {
  return fileURLToPath(new URL("../data/earthquakes.json", import.meta.resolve("vega-datasets")));
}
