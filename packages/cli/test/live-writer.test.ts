import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { IS_FULL_RUN } from "../../record-log/test/kit/seeded-random.js";
import { runCommand } from "./kit/run-command.js";
import { freshPath } from "./kit/stores.js";

const RECORDS = IS_FULL_RUN ? 100_000 : 1_000;
const REPORTS = IS_FULL_RUN ? 200 : 5;

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const run = (...argv: string[]) => spawn(process.execPath, argv, { stdio: ["pipe", "pipe", "inherit"] });
const datawal = (...argv: string[]) => run(path("../bin/datawal.cjs"), ...argv);

const numbers = Array.from({ length: RECORDS }, (_, index) => index + 1);

test("beside a writer that rotates, cat and tail print each record once and in order, and report finds nothing wrong", {
  timeout: 300_000,
}, async () => {
  const store = freshPath("store");
  const writer = run(path("kit/live-writer.mjs"), store, String(RECORDS));
  await once(writer.stdout!, "data");
  const cat = linesUntilInterrupted(datawal("cat", "-f", store));
  const tail = linesUntilInterrupted(datawal("tail", "--follow", "--json", "-n", String(RECORDS), store));
  const followed = Promise.all([cat, tail]);
  writer.stdin!.write("go\n");
  expect(await reportCodes(store, followed)).toEqual([0]);

  const [texts, records] = await followed;
  expect(texts).toEqual(numbers.map((number) => `record ${number}`));
  expect(records.map((line) => JSON.parse(line).txid)).toEqual(numbers);
  expect(readdirSync(store).filter((name) => name.endsWith(".dwal")).length).toBeGreaterThanOrEqual(6);
});

/** Reads as many lines as there are records, then presses Ctrl-C; whatever comes after that comes, too. */
async function linesUntilInterrupted(child: ChildProcess): Promise<string[]> {
  const closed = once(child, "close");
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout! })) {
    if (lines.push(line) === RECORDS) child.kill("SIGINT");
  }
  expect(await closed).toEqual([130, null]);
  return lines;
}

/** Runs report again and again until `ended`; returns the different codes that it ended with. */
async function reportCodes(store: string, ended: Promise<unknown>): Promise<number[]> {
  let isOver = false;
  void ended.finally(() => {
    isOver = true;
  });
  const codes = new Set<number>();
  for (let count = 0; count < REPORTS || !isOver; count++) {
    const { code } = await runCommand(["report", store]);
    codes.add(code);
  }
  return [...codes];
}
