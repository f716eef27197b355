import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");
const FORMAL = join(ROOT, "formal");

const rulebook = readFileSync(join(ROOT, "docs/disk-rules.md"), "utf8");
const page = readFileSync(join(ROOT, "docs/formal.md"), "utf8");
const models = new Map(
  readdirSync(FORMAL)
    .filter((name) => name.endsWith(".tla"))
    .map((name) => [name.slice(0, -4), readFileSync(join(FORMAL, name), "utf8")]),
);

interface Row {
  rule: string;
  models: string;
  else: string;
}

/** Of the table that says what holds each rule. */
const rows = [...page.matchAll(/^\| (R\d+) \| (.*) \| (.*)\|$/gm)].map(
  ([, rule, held, other]): Row => ({ rule: rule!, models: held!, else: other! }),
);

/** What a row names that is not there: definitions of the models that it names, and files. */
function unresolved(row: Row): string[] {
  const text = [...models]
    .flatMap(([name, source]) => (row.models.includes(name) ? [source] : []))
    .join("\n");
  const words =
    row.models.match(/`\w+`|\b[A-Z][a-z]+[A-Z]\w*|\b(Durable|Prefix|Opens|Kept|Answered|Unchanged)\b/g) ?? [];
  const names = words.map((word) => word.replaceAll("`", "")).filter((word) => !models.has(word));
  const files = [...row.else.matchAll(/`([^`]+\.test\.ts)`/g)].map(([, file]) => file!);
  return [
    ...names.filter((name) => !new RegExp(`^${name} ==`, "m").test(text)),
    ...files.filter((file) => !existsSync(join(ROOT, file))),
    ...(text === "" && files.length === 0 ? ["anything that holds it"] : []),
  ].map((what) => `${row.rule}: ${what}`);
}

test("every rule has a row that says which action and invariant of which model holds it, or what else does", () => {
  const rules = [...rulebook.matchAll(/^### (R\d+) /gm)].map(([, rule]) => rule);
  expect(rows.map(({ rule }) => rule)).toEqual(rules);
  expect(rows.flatMap(unresolved)).toEqual([]);
});

test("every invariant and property of a model holds some rule", () => {
  const asked = [...models.keys()].flatMap((name) => {
    const cfg = readFileSync(join(FORMAL, `${name}.cfg`), "utf8");
    const sentences = [...cfg.matchAll(/^(?:INVARIANTS|PROPERTIES) (.*)$/gm)].flatMap(([, all]) =>
      all!.split(" "),
    );
    return sentences.map((sentence) => ({ name, sentence }));
  });
  expect(asked.length).toBeGreaterThan(15);
  const isNamed = ({ name, sentence }: { name: string; sentence: string }) =>
    rows.some((row) => new RegExp(`${name}: [^;]*\\b${sentence}\\b`).test(row.models));
  expect(asked.filter((each) => !isNamed(each))).toEqual([]);
});

test.each<Row>([
  { rule: "R1", models: "RecordLog: `NoSuchAction`", else: "" },
  { rule: "R2", models: "none", else: "`packages/none.test.ts`" },
  { rule: "R3", models: "none", else: "" },
])("a planted row is found: $models, $else", (row) => {
  expect(unresolved(row)).toHaveLength(1);
});
