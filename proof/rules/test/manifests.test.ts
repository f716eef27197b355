import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");
const FOLDERS = readdirSync(join(ROOT, "packages"));

interface Manifest {
  [field: string]: unknown;
  name: string;
  keywords?: string[];
  files?: string[];
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

const manifestIn = (...path: string[]) =>
  JSON.parse(readFileSync(join(ROOT, ...path, "package.json"), "utf8")) as Manifest;
const readme = (folder: string) => readFileSync(join(ROOT, "packages", folder, "README.md"), "utf8");
const root = manifestIn();

/** What a package says of where it comes from, and what the repository says. */
function origin(folder: string) {
  const { url } = root.repository as { url: string };
  const page = String(root.homepage).replace("#readme", "");
  return {
    author: root.author,
    license: root.license,
    bugs: root.bugs,
    repository: { type: "git", url, directory: `packages/${folder}` },
    homepage: `${page}/tree/main/packages/${folder}#readme`,
    publishConfig: expect.objectContaining({ access: "public" }),
  };
}

test.each(FOLDERS)(
  "the manifest of %s says whose it is, where it lives, and what it is found by",
  (folder) => {
    const manifest = manifestIn("packages", folder);
    expect(manifest).toMatchObject(origin(folder));
    expect(manifest.keywords!.length).toBeGreaterThan(5);
    expect(manifest.files).toEqual(expect.arrayContaining(["dist", "LICENSE-*", "CHANGELOG.md"]));
  },
);

test.each(FOLDERS)("%s runs nothing where it is installed", (folder) => {
  const scripts = Object.keys(manifestIn("packages", folder).scripts ?? {});
  expect(scripts.filter((name) => /^(pre|post)?(install|prepare|publish)/.test(name))).toEqual([]);
});

/** Sections without which a reader of the registry's page is lost. */
function missingFrom(text: string, name: string): string[] {
  const demands = {
    title: new RegExp(`^# ${name}\n`),
    install: new RegExp(`(npm install (--save-dev )?|npx )${name}\\b`),
    program: /^```(js|console)$/m,
    table: /^## (API|Commands)$/m,
    limits: /^## Limits$/m,
    licence: /^Licence: MIT or Apache-2\.0/m,
  };
  return Object.entries(demands).flatMap(([what, demand]) => (demand.test(text) ? [] : [what]));
}

test.each(FOLDERS)(
  "the README of %s tells how to install it, shows it, lists it, and tells its limits",
  (folder) => {
    expect(missingFrom(readme(folder), manifestIn("packages", folder).name)).toEqual([]);
  },
);

test("a README without one of these is found", () => {
  const text = readme("format").replace("## Limits", "## Bounds");
  expect(missingFrom(text, "@datawal/format")).toEqual(["limits"]);
});

test("what a package depends on is listed, as its manifest has it", () => {
  const page = readFileSync(join(ROOT, "docs/dependencies.md"), "utf8");
  const rows = [...page.matchAll(/^\| `(.*?)` \| (.*?) \| .*? \| `(.*?)` \|/gm)];
  const listed = rows.flatMap(([, name, users, range]) =>
    [...users!.matchAll(/`(.*?)`/g)].map(([, user]) => `${user} ${name} ${range}`),
  );
  const needed = FOLDERS.flatMap((folder) => {
    const { name: user, dependencies, peerDependencies } = manifestIn("packages", folder);
    const outside = Object.entries({ ...dependencies, ...peerDependencies });
    return outside.flatMap(([name, range]) =>
      range.startsWith("workspace:") ? [] : `${user} ${name} ${range}`,
    );
  });
  // The command's is in its bundle.
  expect(listed.filter((row) => !row.includes(" commander ")).sort()).toEqual(needed.sort());
});
