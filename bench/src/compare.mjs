// Two trees in one run: what became slower, or larger, from one to the other.
import { ratios, spread } from "./statistics.mjs";

/** What the figures of the two trees are called. */
export const SIDES = ["before", "after"];

/** @returns A row for each figure of ours; it got slower where it did so in every round. */
export function compare(cases) {
  return cases.flatMap(({ title, quantity, measurements }) => {
    const labels = Object.keys(measurements).filter((label) => label.endsWith(`, ${SIDES[0]}`));
    return labels.map((label) => {
      const name = label.slice(0, -SIDES[0].length - 2);
      const [before, after] = SIDES.map((side) =>
        measurements[`${name}, ${side}`].map((measurement) => measurement[quantity]),
      );
      const change = spread(ratios(after, before));
      return { name: name === "datawal" ? title : `${title}: ${name}`, change, isSlower: change.min > 1 };
    });
  });
}

export function printComparison(rows) {
  for (const { name, change, isSlower } of rows) {
    const [median, min, max] = [change.median, change.min, change.max].map((ratio) => ratio.toFixed(2));
    process.stdout.write(`${isSlower ? "SLOWER" : "      "} ${median} x  (${min} to ${max})  ${name}\n`);
  }
  const slower = rows.filter(({ isSlower }) => isSlower).length;
  process.stdout.write(`bench: ${slower} of ${rows.length} became slower, in every round\n`);
  return slower;
}
