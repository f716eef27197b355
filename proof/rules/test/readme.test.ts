import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");
const readme = readFileSync(join(ROOT, "README.md"), "utf8");
const examples = readdirSync(join(ROOT, "examples/readme/src")).sort();

/** The code blocks of the README, in order. */
const programs = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);

test("the README's first two blocks are the two commands", () => {
  const [first, second] = readme.match(/^ {4}\S.*$/gm)!;
  expect(first).toMatch(/^ {4}npm run demo( |$)/);
  expect(second).toBe("    npm test");
});

test.each(examples.map((name, index) => [name, index] as const))(
  "the README shows examples/readme/src/%s, whole",
  (name, index) => {
    expect(programs[index]).toBe(readFileSync(join(ROOT, "examples/readme/src", name), "utf8"));
  },
);

test("there is one program for each example", () => {
  expect(programs).toHaveLength(examples.length);
});

function markdownFiles(): string[] {
  const isOurs = (file: string) =>
    file.endsWith(".md") && !file.includes("node_modules") && !file.includes("dist/");
  const below = (folder: string) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((file) => join(folder, file));
  const folders = [
    "docs",
    "packages/format",
    "packages/safeatomic",
    "packages/record-log",
    "packages/datawal",
    "packages/cli",
    "packages/fuzz",
    "packages/keyv",
  ];
  return [
    "README.md",
    "CONTRIBUTING.md",
    "examples/README.md",
    "SECURITY.md",
    "proof/README.md",
    ...folders.flatMap(below),
  ].filter(isOurs);
}

test("examples/README.md lists every program", () => {
  const page = readFileSync(join(ROOT, "examples/README.md"), "utf8");
  const unlisted = readdirSync(join(ROOT, "examples/programs")).filter(
    (name) => !page.includes(`programs/${name}`),
  );
  expect(unlisted).toEqual([]);
});

/** Relative links of a page that lead nowhere. */
function brokenLinks(file: string, text: string): string[] {
  const targets = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map((match) => match[1]!);
  const isBroken = (target: string) =>
    !/^[a-z]+:/.test(target) && !existsSync(join(ROOT, dirname(file), target));
  return targets.filter(isBroken).map((target) => `${file}: ${target}`);
}

test("every relative link in the documentation leads somewhere", () => {
  const files = markdownFiles();
  expect(files.length).toBeGreaterThan(5);
  expect(files.flatMap((file) => brokenLinks(file, readFileSync(join(ROOT, file), "utf8")))).toEqual([]);
});

test("a planted broken link is found", () => {
  expect(brokenLinks("docs/format.md", "see [this](no-such-page.md)")).toHaveLength(1);
});
