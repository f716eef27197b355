import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makeScratch } from "./kit/scratch.js";
import type { Settings } from "./main.js";
import { printRow } from "./print-rows.js";
import type { Row } from "./row.js";
import type { Section } from "./sections/section.js";

/** Sections at a time: each is a process that waits for another one half of its time. */
const AT_A_TIME = 2;

/** Runs each section in a process of its own; prints and returns what came of them, in order. */
export async function runAll(sections: readonly Section[], settings: Settings): Promise<Row[]> {
  using scratch = makeScratch();
  const rows: (Row | undefined)[] = sections.map(() => undefined);
  let begun = 0;
  let printed = 0;
  const runNext = async (): Promise<void> => {
    while (begun < sections.length) {
      const index = begun++;
      rows[index] = await runInChild(sections[index]!, settings, join(scratch.path, `${index}.json`));
      while (rows[printed]) printRow(rows[printed++]!);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, runNext));
  return rows as Row[];
}

async function runInChild({ name, unit }: Section, settings: Settings, rowPath: string): Promise<Row> {
  const options = { ...settings, only: name, row: rowPath };
  const args = Object.entries(options).flatMap(([option, value]) => [`--${option}`, String(value)]);
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  if (existsSync(rowPath)) return JSON.parse(readFileSync(rowPath, "utf8")) as Row;
  const failures = [`the section ended with ${signal ?? code}`];
  return { name, unit, cases: 0, facts: [], seconds: 0, listed: [], failures };
}
