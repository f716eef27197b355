import { format } from "./format.mjs";

const HEADS = ["what", "against", "target", "reached", "spread", "verdict"];

function cells({ row, against, unit, target, reached, verdict }) {
  const range = reached && `${format(reached.min)} to ${format(reached.max)}`;
  return [row, against, target, reached ? `${format(reached.median)} ${unit}` : "-", range ?? "", verdict];
}

/** The table of targets, for a terminal. */
export function tableForTerminal(judged) {
  const rows = [HEADS, ...judged.map(cells)];
  const widths = HEADS.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** The table of targets, for a page. */
export function tableForPage(judged) {
  return markdownTable(HEADS, judged.map(cells));
}

export function markdownTable(heads, rows) {
  const line = (row) => `| ${row.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

export function countVerdicts(judged) {
  const count = (verdict) => judged.filter((one) => one.verdict === verdict).length;
  return `${count("met")} met, ${count("MISSED")} missed, ${count("not measured")} not measured`;
}
