import { readFileSync } from "node:fs";

/**
 * The earthquakes of one week, as the U.S. Geological Survey published them: GeoJSON features with distinct
 * ids, one a line. Each comes twice, so that every key is overwritten once.
 */
export function* earthquakeLines(): Generator<string, void, void> {
  // The package exports nothing but its entry point; the data lies in a folder beside it.
  const data = new URL("../data/earthquakes.json", import.meta.resolve("vega-datasets"));
  const { features } = JSON.parse(readFileSync(data, "utf8")) as { features: unknown[] };
  for (const feature of features) yield `${JSON.stringify(feature, withoutUpdated)}\n`;
  for (const feature of features) yield `${JSON.stringify(feature)}\n`;
}

function withoutUpdated(key: string, value: unknown): unknown {
  return key === "updated" ? undefined : value;
}
