import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");

function codesIn(text: string): Set<string> {
  return new Set(text.match(/ERR_DATAWAL_[A-Z0-9_]+/g));
}

function codesOf(packageName: string): Set<string> {
  const src = join(ROOT, "packages", packageName, "src");
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  return codesIn(files.map((file) => readFileSync(join(src, file), "utf8")).join("\n"));
}

const headings = readFileSync(join(ROOT, "docs/errors.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("### "));

test("every error code of the sources has one heading in docs/errors.md, and every heading a code", () => {
  const used = new Set(readdirSync(join(ROOT, "packages")).flatMap((name) => [...codesOf(name)]));
  expect(used.size).toBeGreaterThan(30);
  expect(headings.map((line) => line.slice("### ".length)).sort()).toEqual([...used].sort());
});

test("a code without a heading would be noticed", () => {
  const used = codesIn('throw new FormatError("ERR_DATAWAL_PLANTED", "...")');
  expect(headings).not.toContain(`### ${[...used][0]}`);
});
