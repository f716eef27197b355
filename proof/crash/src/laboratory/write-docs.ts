import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import type { MutantResult } from "../mutants/run-mutant.js";
import { REPOSITORY } from "./bundle.js";
import type { RunLength } from "./extent.js";
import type { Row } from "./run-layer.js";
import { mutantsForPage, tableForPage } from "./table.js";

const PAGE = join(REPOSITORY, "docs/testing.md");

/** Puts the figures of this run into docs/testing.md, between its marks: no figure there is typed by hand. */
export function writeDocs(rows: readonly Row[], mutants: readonly MutantResult[], length: RunLength): void {
  let page = readFileSync(PAGE, "utf8");
  page = replaceBetween(page, "figures", `Length: ${length}. ${machine()}\n\n${tableForPage(rows)}`);
  page = replaceBetween(page, "mutants", mutantsForPage(mutants));
  writeFileSync(PAGE, page);
}

function replaceBetween(page: string, mark: string, text: string): string {
  const start = `<!-- ${mark}: written by pnpm crash --write-docs -->\n`;
  const end = `\n<!-- end of ${mark} -->`;
  const from = page.indexOf(start);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`docs/testing.md: expected the marks of "${mark}", found none`);
  return page.slice(0, from + start.length) + text + page.slice(to);
}

function machine(): string {
  const [cpu] = cpus();
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores (${cpu?.model.trim()}), ${memoryGiB} GiB, Linux ${release()}, Node.js ${process.version}.`;
}
