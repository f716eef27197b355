import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");

/** A package's two entries: what it promises, and what it keeps for the other packages. */
const FORMAT = ["@datawal/format", "@datawal/format/internal"];
const SAFEATOMIC = ["@datawal/safeatomic", "@datawal/safeatomic/internal"];
const RECORD_LOG = ["@datawal/record-log", "@datawal/record-log/internal"];

/** What each package may import, itself apart. `node:` stands for Node's own modules. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  format: ["crc-32/crc32c.js"],
  safeatomic: ["node:"],
  "record-log": [...FORMAT, ...SAFEATOMIC, "node:"],
  datawal: [...RECORD_LOG, ...FORMAT, ...SAFEATOMIC, "node:"],
  cli: ["datawal", ...RECORD_LOG, ...FORMAT, ...SAFEATOMIC, "commander", "node:"],
  keyv: ["datawal"],
  fuzz: [
    "@datawal/format",
    "@datawal/safeatomic",
    "@datawal/safeatomic/testing",
    "@datawal/record-log",
    "datawal",
    "fast-check",
    "node:",
  ],
};

/** Only here may a package touch the disk, or start a process, by itself. */
const DISK_MODULES = ["node:fs", "node:fs/promises", "node:child_process"];
const DISK_ROOMS = [/^packages\/safeatomic\/src\/node\//, /^packages\/(cli|fuzz)\/src\/main\.ts$/];

interface Source {
  path: string;
  text: string;
}

function importsOf({ text }: Source): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
}

/** Every import that these arrows do not allow. */
function violations(source: Source): string[] {
  const packageName = source.path.split("/")[1]!;
  const isAllowed = (specifier: string) =>
    specifier.startsWith(".") ||
    ARROWS[packageName]!.some(
      (allowed) => specifier === allowed || (allowed === "node:" && specifier.startsWith("node:")),
    );
  const inWrongRoom = (specifier: string) =>
    DISK_MODULES.includes(specifier) && !DISK_ROOMS.some((room) => room.test(source.path));
  return importsOf(source)
    .filter((specifier) => !isAllowed(specifier) || inWrongRoom(specifier))
    .map((specifier) => `${source.path} imports ${specifier}`);
}

function sources(): Source[] {
  return readdirSync(join(ROOT, "packages")).flatMap((name) => sourcesIn(join("packages", name, "src")));
}

function sourcesIn(folder: string): Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.m?ts$/.test(file) && !file.includes("node_modules"))
    .map((file) => ({ path: join(folder, file), text: readFileSync(join(ROOT, folder, file), "utf8") }));
}

/** Imports of what no package promises. */
const internalImports = (source: Source) =>
  importsOf(source)
    .filter((specifier) => /^(@datawal\/.*|datawal)\/internal$/.test(specifier))
    .map((specifier) => `${source.path} imports ${specifier}`);

/** Where systems differ is known in one room of safeatomic, and in programs' entry points. */
const asksForPlatform = ({ path, text }: Source) =>
  /\bprocess\.platform\b|\bprocess\[|\bos\.platform\(|\bplatform\(\)/.test(text) &&
  !DISK_ROOMS.some((room) => room.test(path));

test("nobody asks which system this is but safeatomic's node folder and the entry points", () => {
  const planted = 'const isWindows = process.platform === "win32";';
  expect(asksForPlatform({ path: "packages/datawal/src/keydir/arena.ts", text: planted })).toBe(true);
  expect(asksForPlatform({ path: "packages/safeatomic/src/node/platform.ts", text: planted })).toBe(false);
  expect(
    sources()
      .filter(asksForPlatform)
      .map(({ path }) => path),
  ).toEqual([]);
});

describe("arrows between packages", () => {
  test("every import follows them", () => {
    expect(sources().length).toBeGreaterThan(50);
    expect(sources().flatMap(violations)).toEqual([]);
  });

  test.each([
    ["packages/format/src/crc32c.ts", 'import { join } from "node:path";'],
    ["packages/safeatomic/src/steps.ts", 'import { crc32c } from "@datawal/format";'],
    ["packages/record-log/src/read/scan.ts", 'import { readSync } from "node:fs";'],
    ["packages/record-log/src/read/scan.ts", 'const { DataWal } = await import("datawal");'],
    ["packages/datawal/src/keydir/keydir.ts", 'import { anyKey } from "@datawal/fuzz";'],
    ["packages/cli/src/commands/scan.ts", 'import { readFileSync } from "node:fs";'],
  ])("a planted violation in %s is found", (path, text) => {
    expect(violations({ path, text })).toHaveLength(1);
  });

  test("whoever stands for a user imports nothing internal", () => {
    const users = ["examples", "proof/surroundings/programs", "packages/fuzz/src"].flatMap(sourcesIn);
    expect(users.length).toBeGreaterThan(20);
    expect(users.flatMap(internalImports)).toEqual([]);
  });

  test("a planted internal import is found", () => {
    const text = 'import { runSync } from "@datawal/safeatomic/internal";';
    expect(internalImports({ path: "examples/readme/src/1-append.ts", text })).toHaveLength(1);
  });

  // An entry without a promise may change in every release: the two of one release must come together.
  test("a package whose internal entry is imported is depended on in exactly this version", () => {
    for (const name of ["record-log", "datawal"]) {
      const manifest = readFileSync(join(ROOT, "packages", name, "package.json"), "utf8");
      const { dependencies } = JSON.parse(manifest) as { dependencies: Record<string, string> };
      expect(new Set(Object.values(dependencies))).toEqual(new Set(["workspace:*"]));
    }
  });

  test("no package depends on fuzz", () => {
    for (const name of readdirSync(join(ROOT, "packages"))) {
      const manifest = readFileSync(join(ROOT, "packages", name, "package.json"), "utf8");
      if (name !== "fuzz") expect(manifest).not.toContain("@datawal/fuzz");
    }
  });
});

describe("identities of files (disk-rules R18)", () => {
  // A look that could not tell the birth time makes an identity that is equal to no other, and yet the same file's.
  const COMPARED = /identity\b[^\s=]*\s*[!=]==|[!=]==\s*(?!inodeOf)[\w.?#()]*identity\b/i;
  const trespasses = ({ path, text }: Source) =>
    path !== "packages/safeatomic/src/same-file.ts" && COMPARED.test(text) ? [path] : [];

  test("are compared by isSameFile alone", () => {
    expect(sources().flatMap(trespasses)).toEqual([]);
  });

  test.each([
    "if (fileSystem.stat(path)?.identity !== this.#directoryIdentity) throw stale();",
    "return found === this.#held.identity;",
    "return one.identity === other.identity;",
  ])("a planted comparison is found: %s", (text) => {
    expect(trespasses({ path: "packages/record-log/src/read/log-view.ts", text })).toHaveLength(1);
  });
});

describe("what may change a file that exists", () => {
  /** Calls that do, and the files they may stand in: disk-rules R4. */
  // writeAppendFsync takes back its own torn bytes: not a store's file. The test kit tries the port itself.
  const APPENDING_FUNCTION = /^packages\/safeatomic\/src\/(write-append-fsync\.ts|testing\/)/;
  const RULES = [
    {
      what: "truncates",
      call: /\.truncate\(/,
      rooms: [/^packages\/record-log\/src\/repair\//, APPENDING_FUNCTION],
    },
    {
      what: "opens for appending",
      call: /\.open\([^;]*"append"/,
      rooms: [
        /^packages\/record-log\/src\/repair\//,
        /^packages\/record-log\/src\/write\/active-segment\.ts$/,
        APPENDING_FUNCTION,
      ],
    },
  ];

  function trespasses(source: Source): string[] {
    return RULES.filter(
      ({ call, rooms }) => call.test(source.text) && !rooms.some((room) => room.test(source.path)),
    ).map(({ what }) => `${source.path} ${what}`);
  }

  test("only recovery truncates, only the active segment and the repair append", () => {
    expect(sources().flatMap(trespasses)).toEqual([]);
  });

  test("a planted trespass is found", () => {
    const text = 'const file = fileSystem.open(path, "append"); file.truncate(0);';
    expect(trespasses({ path: "packages/datawal/src/compact/compact-to.ts", text })).toHaveLength(2);
  });
});

describe("what jest's jsdom has not as a global", () => {
  /** `format` runs in browsers, too, and looks for it where it is; test kits and the CLI are not run there. */
  const LIBRARY = /^packages\/(safeatomic|record-log|datawal)\/src\/(?!testing\/)/;
  const borrowed = ({ path, text }: Source) =>
    !LIBRARY.test(path)
      ? []
      : ["TextEncoder", "TextDecoder"].filter(
          (name) =>
            text.includes(`new ${name}(`) &&
            !new RegExp(`import \\{[^}]*\\b${name}\\b[^}]*\\} from "node:util"`).test(text),
        );

  test("is imported from Node", () => {
    const found = sources().flatMap((source) => borrowed(source).map((name) => `${source.path} ${name}`));
    expect(found).toEqual([]);
  });

  test("a planted global is found", () => {
    expect(borrowed({ path: "packages/datawal/src/codec.ts", text: "new TextEncoder()" })).toHaveLength(1);
  });
});
