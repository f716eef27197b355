import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { DataWalReader, isRecordLogError, json, utf8 } from "datawal";
import { afterEach, beforeEach, expect, test } from "vitest";
import { IS_FULL_RUN } from "../../../packages/record-log/test/kit/seeded-random.js";

let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "datawal-example-"));
});

afterEach(() => rmSync(directory, { recursive: true }));

/** Runs the built example in an empty directory, as often as asked, and returns what the last run printed. */
function run(name: string, times = 1): string {
  const program = join(import.meta.dirname, "../dist", `${name}.js`);
  let printed = "";
  for (let i = 0; i < times; i++)
    printed = execFileSync(process.execPath, [program], { cwd: directory, encoding: "utf8" });
  return printed;
}

test.each([
  ["01-instead-of-jsonl", ""],
  ["02-a-cache", "Ada\n"],
  ["03-a-write-ahead-log", "10 2\n"],
  ["04-the-codec-over-a-socket", "greeting hello\n"],
  ["05-inspection-beside-a-writer", "intact 2\n1\n"],
])("example %s runs twice in one directory", (name, printed) => {
  expect(run(name, 2)).toBe(printed);
});

/** None where the writer has just cut or removed what was to be read. */
function balancesIn(reader: DataWalReader<string, number>): number[] | undefined {
  try {
    return [...reader.values()];
  } catch (error) {
    if (!isRecordLogError(error, "ERR_DATAWAL_READER_STALE")) throw error;
    return undefined;
  }
}

const KILLS = IS_FULL_RUN ? 50 : 3;

test(`killed ${KILLS} times, the bank has neither lost nor made money, for readers and for the next writer`, async () => {
  const store = join(directory, "bank");
  const program = join(import.meta.dirname, "../dist/07-a-bank.js");
  const sums = new Set<number>();
  for (let kill = 0; kill < KILLS; kill++) {
    const bank = spawn(process.execPath, [program, "Infinity"], { cwd: directory, stdio: "ignore" });
    const exited = once(bank, "exit");
    while (kill === 0 && bank.exitCode === null && !existsSync(join(store, "00000001.dwal"))) await sleep(1);
    await using reader = await DataWalReader.open(store, { key: utf8, value: json<number>() });
    const look = async (): Promise<string> => {
      await reader.refresh();
      const balances = balancesIn(reader);
      if (!balances) return look();
      if (balances.length > 0) sums.add(balances.reduce((sum, balance) => sum + balance, 0));
      return balances.join();
    };
    const before = await look();
    while (bank.exitCode === null && (await look()) === before);
    for (let more = Math.random() * 20; more > 0; more--) await look();
    bank.kill("SIGKILL");
    expect(await exited).toEqual([null, "SIGKILL"]);
    await look();
  }
  expect([...sums]).toEqual([10_000]);
  expect(run("07-a-bank")).toBe("10000\n");
}, 120_000);

// Seconds of work each: in a full run.
test.runIf(IS_FULL_RUN)("the write-ahead log of the example does not grow", () => {
  expect(run("03-a-write-ahead-log", 6)).toBe("30 2\n");
});

test.runIf(IS_FULL_RUN)("the crawler's store does not grow", async () => {
  const mib = 1024 * 1024;
  let bytesServed = 0;
  const page = `${[1, 2, 3].map((n) => `<a href="/${n}">`)}${"x".repeat(mib / 4)}`;
  const server = createServer((_request, response) => {
    bytesServed += page.length;
    response.end(page);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    const words = [
      join(import.meta.dirname, "../dist/06-a-crawler.js"),
      `http://127.0.0.1:${port}/`,
      "60",
      "0",
    ];
    const crawl = () => promisify(execFile)(process.execPath, words, { cwd: directory });
    await crawl();
    const { stdout } = await crawl();
    const [pages, bytesOnDisk] = stdout.split(" ").map(Number);
    expect(pages).toBe(4);
    expect(bytesServed).toBeGreaterThan(29 * mib);
    // Four pages, what may be waste before it compacts, and two segments.
    expect(bytesOnDisk).toBeLessThan(18 * mib);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
