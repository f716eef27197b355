import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as datawal from "datawal";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const sections = readme.matchAll(/^## (.+)\n[^#]*?```js\n([\s\S]*?)```/gm);
const examples = new Map([...sections].map(([, title, code]) => [title!, code!]));

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "datawal-readme-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
  vi.restoreAllMocks();
});

/** Runs an example in a directory of its own; returns what it printed. */
async function run(code: string): Promise<unknown[][]> {
  const printed = vi.spyOn(console, "log").mockImplementation(() => {});
  const body = code
    .replace(/^import (\{.*?\}) from "datawal";$/m, "const $1 = datawal;")
    .replaceAll('"./', `"${directory}/`);
  const AsyncFunction = (async () => {}).constructor as new (
    ...args: string[]
  ) => (module: unknown) => Promise<void>;
  await new AsyncFunction("datawal", body)(datawal);
  return printed.mock.calls;
}

test.each([
  ["A cache", [[{ name: "Ada" }, 2, ["user:1", "user:2"]]]],
  ["Looking from another process", [["1"], ["2"]]],
  [
    "Making it small again, and taking it elsewhere",
    [[{ keys: 1, liveBytes: 38 }], [{ bytesAfter: 38 }], [{ recordsImported: 1, linesSkipped: 0 }]],
  ],
])("the example %s prints what it says", async (title, printed) => {
  expect(await run(examples.get(title)!)).toMatchObject(printed);
});

test("the example Running for years keeps much less than what it puts", async () => {
  const [printed] = await run(examples.get("Running for years")!);
  expect(printed).toEqual([expect.any(Number), expect.objectContaining({ result: expect.anything() })]);
  expect(printed![0]).toBeLessThan(25_000_000);
});

test("these are all the examples", () => {
  expect(examples.size).toBe(4);
});
