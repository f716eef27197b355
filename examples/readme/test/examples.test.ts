import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
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
