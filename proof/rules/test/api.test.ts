import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { exportsOf, reportOf } from "./api-report.js";

const ROOT = join(import.meta.dirname, "../../..");

/** What each package promises: its entries but `./internal`. */
const ENTRIES: Readonly<Record<string, Readonly<Record<string, string>>>> = Object.fromEntries(
  readdirSync(join(ROOT, "packages")).map((folder) => {
    const { exports = {} } = JSON.parse(read("packages", folder, "package.json")) as Manifest;
    const sources = Object.entries(exports).flatMap(([entry, { "@datawal/source": source }]) =>
      source === undefined || entry === "./internal" ? [] : [[entry, join(ROOT, "packages", folder, source)]],
    );
    return [folder, Object.fromEntries(sources)];
  }),
);

interface Manifest {
  name: string;
  exports?: Record<string, { "@datawal/source"?: string }>;
}

/** The packages that are imported: the CLI is not. */
const LIBRARIES = Object.keys(ENTRIES).filter((folder) => Object.keys(ENTRIES[folder]!).length > 0);

function read(...path: string[]): string {
  return readFileSync(join(ROOT, ...path), "utf8").replaceAll("\r\n", "\n");
}

const nameOf = (folder: string) => (JSON.parse(read("packages", folder, "package.json")) as Manifest).name;

describe("the API report of", () => {
  const reports = new Map<string, string>();
  const made = (folder: string) =>
    `# What ${nameOf(folder)} exports\n\n\`\`\`ts\n${reportOf(ENTRIES[folder]!)}\`\`\`\n`;
  const reportFor = (folder: string) => {
    if (!reports.has(folder)) reports.set(folder, made(folder));
    return reports.get(folder)!;
  };

  test.each(LIBRARIES)("%s says what it exports (npm run api writes it anew)", async (folder) => {
    await expect(reportFor(folder)).toMatchFileSnapshot(join(ROOT, "packages", folder, "api.md"));
  });

  /** The changesets become the package's changelog with a release; both tell of a report by the hash of it. */
  function accounts(folder: string): string[] {
    const changesets = readdirSync(join(ROOT, ".changeset")).filter((file) => file.endsWith(".md"));
    const pending = changesets.map((file) => read(".changeset", file));
    const changelog = join("packages", folder, "CHANGELOG.md");
    const named = pending.filter((text) => text.includes(`"${nameOf(folder)}": `));
    return existsSync(join(ROOT, changelog)) ? [...named, read(changelog)] : named;
  }

  const lineFor = (folder: string, report: string) =>
    `<!-- API of ${nameOf(folder)}: ${createHash("sha256").update(report).digest("hex").slice(0, 12)} -->`;
  const isTold = (folder: string, report: string) =>
    accounts(folder).some((text) => text.includes(lineFor(folder, report)));

  test.each(LIBRARIES)("%s is told of by a changeset", (folder) => {
    const report = reportFor(folder);
    const advice = `say what changed in a file of .changeset/ that names the package, with the line ${lineFor(folder, report)}`;
    expect(isTold(folder, report), advice).toBe(true);
  });

  test("format, changed without a changeset, is found", () => {
    const report = reportFor("format");
    expect(isTold("format", report.replace("function resync", "function resynced"))).toBe(false);
  });

  test("an entry shows what it mentions, and nothing of what a class keeps to itself", () => {
    const report = reportFor("record-log");
    expect(report).toContain("class RecordLog ");
    expect(report).toMatch(/Mentioned above, and not exported.*interface Damage /s);
    expect(report).not.toMatch(/\/\*\*|DirectoryLock|protected|Steps/);
  });
});

describe("the internal entry of", () => {
  const sources = ["packages", "proof", "bench"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.m?ts$|\.mjs$/.test(file) && !/node_modules|dist\//.test(file))
      .map((file) => read(folder, file)),
  );

  /** What is imported of an entry, by whomever. */
  function importedFrom(entry: string): Set<string> {
    const imports = new RegExp(`import (?:type )?\\{([^}]*)\\} from "${entry}"`, "g");
    const lists = sources.flatMap((text) => [...text.matchAll(imports)].map(([, list]) => list!));
    return new Set(
      lists.flatMap((list) => list.split(",").map((name) => name.replace(/\btype\b/, "").trim())),
    );
  }

  test.each(["format", "safeatomic", "record-log"])(
    "%s has nothing that no other package asks for",
    (folder) => {
      const asked = importedFrom(`${nameOf(folder)}/internal`);
      const names = [...exportsOf(join(ROOT, "packages", folder, "src/internal.ts")).keys()];
      expect(names.filter((name) => !asked.has(name))).toEqual([]);
    },
  );
});

describe("the API table of the README of", () => {
  /** The names in the first columns of the tables under "## API". */
  function tabled(readme: string): string[] {
    const section = readme.split(/^## /m).find((part) => part.startsWith("API\n")) ?? "";
    const rows = [...section.matchAll(/^\|(.*?)\|(.*)\|$/gm)].map(([, names]) => names!);
    return rows.flatMap((names) => [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
  }

  const exported = (folder: string) =>
    Object.values(ENTRIES[folder]!).flatMap((entry) => [...exportsOf(entry).keys()]);

  test.each(LIBRARIES)("%s has every export, once, and nothing else", (folder) => {
    expect(tabled(read("packages", folder, "README.md")).sort()).toEqual(exported(folder).sort());
  });

  test("a planted name is found, and one that is missing", () => {
    const table =
      "## API\n\n| name | for |\n| --- | --- |\n| `one`, `two` | `three` |\n\n## Limits\n| `four` | |\n";
    expect(tabled(table)).toEqual(["one", "two"]);
  });
});
