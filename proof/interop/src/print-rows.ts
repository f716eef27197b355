import { DEVIATIONS, type DeviationId } from "./differences/deviations.js";
import type { Row } from "./row.js";

/** What a section found, in full. */
export function printRow({ name, unit, cases, facts, seconds, failures }: Row): void {
  console.log(`\n${name}: ${cases} ${unit} in ${seconds.toFixed(1)} s`);
  for (const fact of facts) console.log(`  ${fact}`);
  for (const failure of failures) console.log(`  FAILED ${failure.replaceAll("\n", "\n    ")}`);
}

/** The table, the listed differences, and the last line; returns the exit code. */
export function printRows(rows: readonly Row[]): number {
  printTable(rows);
  printListed(rows);
  const failed = rows.reduce((sum, { failures }) => sum + failures.length, 0);
  const passed = rows.reduce((sum, { cases }) => sum + cases, 0);
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

function printTable(rows: readonly Row[]): void {
  const line = (name: string, figures: readonly unknown[]) =>
    name.padEnd(16) + figures.map((figure) => String(figure).padStart(10)).join("");
  console.log(`\n${line("section", ["cases", "listed", "unlisted", "seconds"])}`);
  for (const { name, cases, listed, failures, seconds } of rows) {
    const listedCount = listed.reduce((sum, [, count]) => sum + count, 0);
    console.log(line(name, [cases, listedCount, failures.length, seconds.toFixed(1)]));
  }
}

function printListed(rows: readonly Row[]): void {
  const counts = new Map<DeviationId, number>();
  for (const [id, count] of rows.flatMap(({ listed }) => listed))
    counts.set(id, (counts.get(id) ?? 0) + count);
  console.log("\nlisted differences seen:");
  for (const [id, count] of [...counts].sort()) console.log(`  ${id.padEnd(40)}${String(count).padStart(8)}`);
  const ran = new Set(rows.map(({ name }) => name));
  for (const [id, { seenIn }] of Object.entries(DEVIATIONS)) {
    if (seenIn.some((section) => ran.has(section)) && !counts.has(id as DeviationId))
      console.log(`  ${id.padEnd(40)}never seen: is it still one?`);
  }
}
