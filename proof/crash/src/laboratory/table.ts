import type { MutantResult } from "../mutants/run-mutant.js";
import { UNKILLED_MUTANTS } from "../mutants/unkilled.js";
import type { Row } from "./run-layer.js";

const HEADINGS = ["layer", "cases", "distinct", "violations", "seconds"];

/** The one table at the end: layer, cases, distinct states, violations, seconds; further figures below it. */
export function formatTable(rows: readonly Row[]): string {
  const cells = [HEADINGS, ...rows.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join("  "),
  );
  return [...lines, "", ...rows.flatMap(factsOf)].join("\n");
}

/** One layer, as it ends. */
export function formatRow(row: Row): string {
  return cellsOf(row).join("  ");
}

/** The same for a page. */
export function tableForPage(rows: readonly Row[]): string {
  const line = (row: readonly string[]) => `| ${row.join(" | ")} |`;
  const rule = ["---", "---:", "---:", "---:", "---:"];
  const facts = rows.flatMap(factsOf).map((fact) => `- ${fact}`);
  return [line(HEADINGS), line(rule), ...rows.map((row) => line(cellsOf(row))), "", ...facts].join("\n");
}

/** One mutant, as it ends. */
export function formatMutant({ name, killedBy, failure, seconds }: MutantResult): string {
  const survived = failure === undefined ? "SURVIVED" : `NOT PLANTED: ${failure}`;
  const end = killedBy ? `killed by ${killedBy.layer}: ${killedBy.sentence}; ${killedBy.case}` : survived;
  return `mutant ${name}: ${end} (${seconds.toFixed(1)} s)`;
}

/** How each mutant ended, and the stories of the kills. */
export function formatMutants(mutants: readonly MutantResult[]): string {
  if (mutants.length === 0) return "no mutants were run";
  const lines = mutants.map(formatMutant);
  const stories = mutants.flatMap(({ name, killedBy }) =>
    killedBy ? [`\n--- ${name}\n${killedBy.story}`] : [],
  );
  const killed = mutants.filter(({ killedBy }) => killedBy).length;
  return [...stories, "", ...lines, `${killed} of ${mutants.length} mutants killed`].join("\n");
}

/** The same for a page, without the stories. */
export function mutantsForPage(mutants: readonly MutantResult[]): string {
  const rows = mutants.map(({ name, what, killedBy }) => {
    return `| ${name} | ${what} | ${killedBy ? `${killedBy.layer}: ${killedBy.sentence}` : "SURVIVED"} |`;
  });
  const unkilled = UNKILLED_MUTANTS.map(({ name, what, why }) => `- ${name} (${what}): ${why}.`);
  const table = ["| mutant | what is wrong in it | killed by |", "| --- | --- | --- |", ...rows];
  return [...table, "", "Not killed, and not run:", "", ...unkilled].join("\n");
}

function cellsOf({ name, cases, distinct, violations, seconds, skipped, failure }: Row): string[] {
  if (skipped !== undefined) return [name, "skipped", "", "", ""];
  const broken = failure === undefined ? count(violations.length) : "failed";
  return [name, count(cases), count(distinct), broken, seconds.toFixed(1)];
}

function factsOf({ name, facts, classes }: Row): string[] {
  const classCount = Object.keys(classes).length;
  const ofClasses =
    classCount > 0 ? [`${name}: ${classCount} classes of states (operation, call, what recovery found)`] : [];
  return [...ofClasses, ...facts.map((fact) => `${name}: ${fact}`)];
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
