import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");

/** A package's rooms, and those into which each may look: what happens to bytes later knows what happened before. */
const ROOMS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "record-log": {
    crc: [],
    store: [],
    inspect: ["store"],
    read: ["store", "inspect"],
    repair: ["store", "inspect"],
    write: ["store", "inspect", "repair"],
    // Salvage reads what a repair has written: journals, and tails in quarantine.
    copy: ["store", "inspect", "repair"],
  },
  datawal: {
    keydir: [],
    live: ["keydir"],
    checkpoint: ["keydir", "live"],
    jsonl: ["live"],
    compact: ["live"],
    swap: ["live"],
  },
  safeatomic: { node: [], testing: ["node"] },
};

/** Words that all rooms share; what is in front of the rooms is theirs to use, and not the other way round. */
const SHARED: Readonly<Record<string, readonly string[]>> = {
  "record-log": ["log-record.ts", "record-log-error.ts", "open-options.ts", "known-options.ts", "events.ts"],
  datawal: ["data-wal-error.ts", "codec.ts", "data-wal-options.ts", "chunk-writer.ts"],
};

interface Arrow {
  from: string;
  to: string;
}

function sourcesOf(packageName: string): string[] {
  const src = join(ROOT, "packages", packageName, "src");
  return readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
}

/** Relative imports, types included. */
function arrowsOf(file: string, text: string): Arrow[] {
  return ts
    .preProcessFile(text, true, true)
    .importedFiles.filter(({ fileName }) => fileName.startsWith("."))
    .map(({ fileName }) => ({ from: file, to: join(dirname(file), fileName).replace(/\.js$/, ".ts") }));
}

function arrowsIn(packageName: string): Arrow[] {
  return sourcesOf(packageName).flatMap((file) =>
    arrowsOf(file, readFileSync(join(ROOT, "packages", packageName, "src", file), "utf8")),
  );
}

const roomOf = (file: string) => (file.includes("/") ? file.split("/")[0]! : undefined);

function trespasses(packageName: string, arrows: readonly Arrow[]): string[] {
  const rooms = ROOMS[packageName]!;
  const isAllowed = ({ from, to }: Arrow) => {
    const [fromRoom, toRoom] = [roomOf(from), roomOf(to)];
    if (fromRoom === undefined || fromRoom === toRoom) return true;
    if (toRoom === undefined) return SHARED[packageName]?.includes(to) ?? true;
    return rooms[fromRoom]!.includes(toRoom);
  };
  return arrows.filter((arrow) => !isAllowed(arrow)).map(({ from, to }) => `${from} looks into ${to}`);
}

/** A way that leads back to where it began, if there is one. */
function cycleIn(arrows: readonly Arrow[]): string[] | undefined {
  const targets = new Map<string, string[]>();
  for (const { from, to } of arrows) targets.set(from, [...(targets.get(from) ?? []), to]);
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of targets.get(file) ?? []) {
      const cycle = visit(next, [...way, file]);
      if (cycle) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of targets.keys()) {
    const cycle = visit(file, []);
    if (cycle) return cycle;
  }
  return undefined;
}

describe.each(Object.keys(ROOMS))("the rooms of %s", (packageName) => {
  test("are those of this table", () => {
    const rooms = new Set(sourcesOf(packageName).flatMap((file) => roomOf(file) ?? []));
    expect([...rooms].sort()).toEqual(Object.keys(ROOMS[packageName]!).sort());
  });

  test("look one way", () => {
    expect(trespasses(packageName, arrowsIn(packageName))).toEqual([]);
  });
});

test.each([
  ["record-log", { from: "inspect/damage.ts", to: "repair/recover.ts" }],
  ["record-log", { from: "read/scan.ts", to: "index.ts" }],
  ["datawal", { from: "keydir/keydir.ts", to: "live/space.ts" }],
])("a planted look the other way is found in %s", (packageName, arrow) => {
  expect(trespasses(packageName, [arrow])).toHaveLength(1);
});

test.each(readdirSync(join(ROOT, "packages")))(
  "no two files of %s need each other, types included",
  (name) => {
    expect(cycleIn(arrowsIn(name))).toBeUndefined();
  },
);

test("a planted cycle is found", () => {
  const arrows = ["a b", "b c", "c a"]
    .map((pair) => pair.split(" "))
    .map(([from, to]) => ({ from: from!, to: to! }));
  expect(cycleIn(arrows)).toEqual(["a", "b", "c", "a"]);
});
