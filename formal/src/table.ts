import type { ModelResult } from "./run-model.js";

export function formatTable(results: readonly ModelResult[]): string {
  const rows = results.map(({ name, states, depth, sentences, caught, faults, seconds }) => [
    name,
    states.toLocaleString("en-US"),
    String(depth),
    String(sentences),
    `${caught} of ${faults}`,
    seconds.toFixed(0),
  ]);
  const all = [
    ["model", "distinct states", "depth", "invariants", "planted faults caught", "seconds"],
    ...rows,
  ];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
