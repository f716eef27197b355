import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { median, ratios, spread } from "../statistics.mjs";
import { compactionTable } from "./compaction-table.mjs";
import { format } from "./format.mjs";
import { mixedTable } from "./mixed-table.mjs";
import { PICTURES } from "./pictures.mjs";
import { countVerdicts, markdownTable, tableForPage } from "./table.mjs";

const PAGE = join(import.meta.dirname, "../../../docs/benchmarks.md");
/** Groups with a section of their own. */
const SHOWN_APART = ["compaction", "mixed", "profile", "tried"];
const RESULTS = join(import.meta.dirname, "../../results");

/** Puts the latest figures of all groups into docs/benchmarks.md, between its marks: no figure there is typed by hand. */
export function writeDocs(run, judged) {
  let page = readFileSync(PAGE, "utf8");
  page = replaceBetween(page, "machine", machine(run));
  page = replaceBetween(page, "targets", `${countVerdicts(judged)}.\n\n${tableForPage(judged)}`);
  page = replaceBetween(page, "figures", figures(run.cases));
  page = replaceBetween(page, "pictures", pictures());
  const compacted = run.cases.filter(({ group }) => group === "compaction");
  page = replaceBetween(page, "compaction", compactionTable(compacted));
  page = replaceBetween(page, "mixed", mixedTable(run.cases.filter(({ group }) => group === "mixed")));
  page = replaceBetween(page, "tried", comparisons(run.cases.filter(({ group }) => group === "tried")));
  page = replaceBetween(page, "profiles", profiles(run.cases));
  writeFileSync(PAGE, page);
}

export function replaceBetween(page, mark, text) {
  const start = `<!-- ${mark}: written by pnpm bench --write-docs -->\n`;
  const end = `\n<!-- end of ${mark} -->`;
  const from = page.indexOf(start);
  const to = page.indexOf(end, from);
  if (from < 0 || to < from)
    throw new Error(`bench: docs/benchmarks.md: expected the marks of "${mark}", found none`);
  return page.slice(0, from + start.length) + text + page.slice(to);
}

/** Each machine and tree once, with the groups that were run there. */
function machine({ runs }) {
  const groupsByPlace = new Map();
  for (const { group, environment, missing } of runs) {
    const place = describePlace(environment, missing);
    groupsByPlace.set(place, [...(groupsByPlace.get(place) ?? []), group]);
  }
  return [...groupsByPlace].map(([place, groups]) => `${groups.join(", ")}:\n\n${place}`).join("\n\n");
}

function describePlace(environment, missing) {
  const { node, cpu, memoryGiB, system, fileSystem, disk, peers, rounds, commit, loadBefore } = environment;
  const facts = [
    `Node.js ${node}, ${cpu}, ${memoryGiB} GiB, ${system}; ${fileSystem} on ${disk}; load before the run ${loadBefore}.`,
    `${rounds} rounds; peers: ${peers}; the tree at ${commit}.`,
    ...Object.entries(missing).map(([name, reason]) => `**Left out: ${name}** (${reason}).`),
  ];
  return facts.map((fact) => `- ${fact}`).join("\n");
}

function figures(cases) {
  const shown = cases.filter(({ group }) => !SHOWN_APART.includes(group));
  const rows = shown.map(({ title, unit, quantity, measurements }) => {
    const each = Object.entries(measurements).map(([label, all]) => {
      const middle = median(all.map((measurement) => measurement[quantity]));
      return `${label} ${format(middle)}`;
    });
    return [title, unit, each.join(", ")];
  });
  return markdownTable(["what", "unit", "medians"], rows);
}

/** How long the others take, as a multiple of our time in the same round. */
function comparisons(cases) {
  const rows = cases.flatMap(({ title, measurements: { datawal, ...others } }) =>
    Object.entries(others).map(([label, all]) => {
      const times = (measurements) => measurements.map(({ microseconds }) => microseconds);
      const { median: middle, min, max } = spread(ratios(times(all), times(datawal)));
      return [title, label, `${format(middle)} (${format(min)} to ${format(max)})`];
    }),
  );
  return markdownTable(["what", "how", "x our time"], rows);
}

function pictures() {
  return Object.keys(PICTURES)
    .filter((name) => existsSync(join(RESULTS, `${name}.svg`)))
    .map((name) => `![${name.replaceAll("-", " ")}](../bench/results/${name}.svg)`)
    .join("\n\n");
}

function profiles(cases) {
  return cases
    .filter(({ group }) => group === "profile")
    .map(({ id, measurements }) => {
      const [{ functions }] = measurements.datawal;
      const rows = functions.map(({ share, name }) => [`${(100 * share).toFixed(1)} %`, `\`${name}\``]);
      return `**${id.slice("profile-".length)}**\n\n${markdownTable(["of the time", "in"], rows)}`;
    })
    .join("\n\n");
}
