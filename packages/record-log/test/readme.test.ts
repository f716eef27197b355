import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const sections = readme.matchAll(/^## (.+)\n[^#]*?```js\n([\s\S]*?)```/gm);
const examples = new Map([...sections].map(([, title, code]) => [title!, code!]));

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "record-log-readme-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
  vi.restoreAllMocks();
});

const MODULES: Record<string, () => Promise<unknown>> = {
  "@datawal/record-log": () => import("../src/index.js"),
  "@datawal/safeatomic": () => import("@datawal/safeatomic"),
  "node:fs": () => import("node:fs"),
};

/** Runs an example in a directory of its own; returns what it printed. */
async function run(code: string): Promise<unknown[][]> {
  const printed = vi.spyOn(console, "log").mockImplementation(() => {});
  const body = code
    .replace(/^import (\{.*?\}) from (".*?");$/gm, "const $1 = await load($2);")
    .replaceAll('"./', `"${directory}/`);
  const AsyncFunction = (async () => {}).constructor as new (
    ...args: string[]
  ) => (load: unknown) => Promise<void>;
  await new AsyncFunction("load", body)((name: string) => MODULES[name]!());
  return printed.mock.calls;
}

test.each([
  [
    "Instead of JSONL",
    [[1n, '{"event":"start"}'], [2n, '{"event":"work"}'], [3n, '{"event":"stop"}'], ['{"event":"start"}']],
  ],
  ["A write-ahead log that does not grow", [[5, 2]]],
  ["Beside a writer", [["first"], ["second"]]],
  ["Looking at a log that may be damaged", [["intact", 0, 1], [1], [1]]],
])("the example %s prints what it says", async (title, printed) => {
  expect(await run(examples.get(title)!)).toEqual(printed);
});

test("the write-ahead log goes on where it was, and does not grow", async () => {
  const program = examples.get("A write-ahead log that does not grow")!;
  for (const counter of [5, 10, 15, 20]) expect((await run(program)).at(-1)).toEqual([counter, 2]);
});

test("these are all the examples", () => {
  expect(examples.size).toBe(4);
});
