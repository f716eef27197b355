import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");
const ROOMS = ["packages", "proof", "formal", "examples", "docs", "scripts", "bench"];

interface Page {
  path: string;
  text: string;
}

function pages(): Page[] {
  const files = ROOMS.flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: "utf8" }).map((file) => join(room, file)),
  );
  return ["README.md", "CONTRIBUTING.md", ...files]
    .filter(
      (path) =>
        /\.(ts|mts|mjs|cjs|py|rs|tla|md)$/.test(path) && !/node_modules|\/dist\/|\/target\//.test(path),
    )
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
}

/** The numbers of the rules that a text names: `R5`, and `R4 to R8` for all five. */
function rulesNamedIn(text: string): number[] {
  return [...text.matchAll(/\bR(\d{1,2})(?: to R(\d{1,2}))?\b/g)].flatMap(([, first, last = first]) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index),
  );
}

const all = pages();
const rulebook = all.find(({ path }) => path === "docs/disk-rules.md")!;
const rules = [...rulebook.text.matchAll(/^### R(\d+) /gm)].map(([, number]) => Number(number));

/** What a page names that its reader cannot look up. */
function unresolved({ path, text }: Page): string[] {
  const numbers = rulesNamedIn(text).filter((number) => !rules.includes(number));
  // A changelog is made with a release.
  const names = new Set(["CHANGELOG.md", ...all.map((page) => basename(page.path))]);
  const files = [...text.matchAll(/(?<![\w-])[\w-]+\.md\b/g)]
    .map(([name]) => name)
    .filter((name) => !names.has(name));
  const sections = text.includes(String.fromCharCode(0xa7)) ? ["a section sign"] : [];
  return [...numbers.map((number) => `R${number}`), ...files, ...sections].map((what) => `${path}: ${what}`);
}

test("every rule and every page that is named can be looked up in the repository", () => {
  expect(rules).toEqual([...new Set(rules)].sort((a, b) => a - b));
  expect(all.length).toBeGreaterThan(600);
  expect(all.filter(({ path }) => !path.startsWith("proof/rules/")).flatMap(unresolved)).toEqual([]);
});

test("every rule is named by a source or a test", () => {
  const named = new Set(
    all.filter(({ path }) => !path.endsWith(".md")).flatMap(({ text }) => rulesNamedIn(text)),
  );
  expect(rules.filter((number) => !named.has(number))).toEqual([]);
});

test.each([
  "/** As disk-rules R99 says. */",
  "/** See design-of-elsewhere.md. */",
  "/** The table of \u00a73.6. */",
])("a planted citation is found: %s", (text) => {
  expect(unresolved({ path: "planted.ts", text })).toHaveLength(1);
});
