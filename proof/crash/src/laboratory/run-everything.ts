import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { MUTANTS } from "../mutants/index.js";
import { type MutantResult, runMutant } from "../mutants/run-mutant.js";
import type { Extent, RunLength } from "./extent.js";
import type { Layer } from "./layer.js";
import type { RunOptions } from "./options.js";
import { Pool } from "./pool.js";
import { type Row, runLayer } from "./run-layer.js";
import { formatMutant, formatMutants, formatRow, formatTable } from "./table.js";
import { writeDocs } from "./write-docs.js";

/** Runs the layers and mutants that were asked for, tells what broke, and ends with the table. */
export async function runEverything(layers: readonly Layer[], options: RunOptions): Promise<number> {
  const pool = new Pool(Math.min(2, availableParallelism()));
  console.log(`seed ${options.seed}, length ${options.length}`);
  try {
    // Both at once, for the pool takes them in this order: no core waits for the slowest layer to end.
    const [rows, mutants] = await Promise.all([runLayers(layers, pool, options), runMutants(pool, options)]);
    for (const row of rows) tell(row, options);
    console.log(`\n${formatMutants(mutants)}\n\n${formatTable(rows)}`);
    if (options.writesDocs) writeDocs(rows, mutants, options.length);
    return summary(rows, mutants);
  } finally {
    pool.close();
  }
}

async function runLayers(
  layers: readonly Layer[],
  pool: Pool,
  { layers: names, seed, length }: RunOptions,
): Promise<Row[]> {
  const wanted = layers.filter((layer) => names.some((start) => isWanted(layer, start, length)));
  const bundlePath = fileURLToPath(import.meta.url);
  return await Promise.all(
    wanted.map(async (layer) => {
      const row = await runLayer(layer, { pool, bundlePath, extent: { seed, length } });
      console.log(formatRow(row));
      // At once, and at the end again: a night that is cut short has told what it found.
      tell(row, { seed, length });
      return row;
    }),
  );
}

/** @param start Of its name; empty where no layer is named. */
function isWanted({ name, onlyNightly }: Layer, start: string, length: RunLength): boolean {
  if (start !== "") return name.startsWith(start);
  return !onlyNightly || length === "nightly";
}

async function runMutants(pool: Pool, { mutants: names, seed, length }: RunOptions): Promise<MutantResult[]> {
  const wanted = MUTANTS.filter(({ name }) => names.some((start) => name.startsWith(start)));
  return await Promise.all(
    wanted.map(async (mutant) => {
      const result = await pool.inTurn(() => runMutant(mutant, pool, { seed, length }));
      console.log(formatMutant(result));
      return result;
    }),
  );
}

function tell({ name, violations, failure, skipped }: Row, { seed, length }: Extent): void {
  if (skipped !== undefined) console.log(`SKIPPED ${name}: ${skipped}`);
  if (failure !== undefined) console.log(`FAILED ${name}: ${failure}`);
  const extent = `--length ${length} --seed ${seed}`;
  for (const { sentence, case: id, story } of violations) {
    console.log(
      `\n${name}: broken: ${sentence}\n${story}\nagain: pnpm crash --layer "${name}" --case "${id}" ${extent}`,
    );
  }
}

/** The last line, as every gate has it. */
function summary(rows: readonly Row[], mutants: readonly MutantResult[]): number {
  const isBad = ({ violations, failure }: Row) => violations.length > 0 || failure !== undefined;
  const failedRows = rows.filter(isBad);
  const survivors = mutants.filter(({ killedBy }) => killedBy === undefined);
  const passedCases = rows.filter((row) => !isBad(row)).reduce((sum, { cases }) => sum + cases, 0);
  const skipped = rows.filter(({ skipped }) => skipped !== undefined).length;
  const failed = failedRows.length + survivors.length;
  for (const { name } of failedRows) console.log(`failed: ${name}`);
  for (const { name } of survivors) console.log(`failed: mutant ${name} survived`);
  const passed = passedCases + mutants.length - survivors.length;
  console.log(`${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`);
  return failed === 0 ? 0 : 1;
}
