import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DataWal, DataWalReader, isRecordLogError } from "datawal";
import { afterEach, describe, expect, test } from "vitest";
import { copyGoldenStore, manifest, sha256 } from "./kit/golden-stores.js";

const directories: string[] = [];

function golden(name: string) {
  const copy = copyGoldenStore(name);
  directories.push(copy.directory);
  return copy;
}

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

/** The digest of the live pairs as proof/fixtures/README.md tells it. */
function livePairsDigest(store: DataWalReader): string {
  const pairs = [...store].sort(([a], [b]) => Buffer.compare(a, b));
  const lines = pairs.map((pair) => pair.map((bytes) => Buffer.from(bytes).toString("base64")).join(" "));
  return sha256(lines.map((line) => `${line}\n`).join(""));
}

const stores = Object.keys(manifest);
const sound = stores.filter((name) => manifest[name]!.open_error === undefined);

test("there are stores that open, and stores that do not", () => {
  expect(sound.length).toBeGreaterThan(8);
  expect(stores.length).toBeGreaterThan(sound.length);
});

describe.each(sound)("%s", (name) => {
  const expected = manifest[name]!;

  test("its live pairs are those the reference sees, for a reader and for a writer", () => {
    const { store } = golden(name);
    for (const open of [DataWalReader.openSync, DataWal.openSync]) {
      using opened = open(store) as DataWalReader;
      expect(opened.size).toBe(expected.live_keys);
      expect(livePairsDigest(opened)).toBe(expected.live_pairs_sha256);
    }
  });

  test("its export is the reference's, to the byte", async () => {
    const { store, directory } = golden(name);
    using reader = DataWalReader.openSync(store);
    const result = await reader.exportJsonl(join(directory, "new", "parents", "export.jsonl"));
    const bytes = readFileSync(join(directory, "new", "parents", "export.jsonl"));
    expect(sha256(bytes)).toBe(expected.export_sha256);
    expect(result).toEqual({ recordsWritten: expected.live_keys, bytesWritten: expected.export_bytes });
  });

  test("its compaction is the reference's, to the byte, and nothing else is in the target", async () => {
    const { store, directory } = golden(name);
    using reader = DataWalReader.openSync(store);
    const result = await reader.compactTo(join(directory, "compact"));
    expect(readdirSync(join(directory, "compact"))).toEqual(["00000001.dwal"]);
    expect(sha256(readFileSync(join(directory, "compact", "00000001.dwal")))).toBe(expected.compact_sha256);
    expect(result).toEqual({
      liveKeys: expected.live_keys,
      recordsWritten: expected.live_keys,
      bytesWritten: expected.compact_bytes,
    });
  });

  test("what was compacted holds the same pairs, all of them live", () => {
    const { store, directory } = golden(name);
    using reader = DataWalReader.openSync(store);
    reader.compactToSync(join(directory, "compact"));
    using compacted = DataWalReader.openSync(join(directory, "compact"));
    expect(livePairsDigest(compacted)).toBe(expected.live_pairs_sha256);
    expect(compacted.stats()).toMatchObject({ deadBytes: 0, tombstoneBytes: 0, segments: 1 });
  });

  test("an import of its export makes the same pairs", () => {
    const { store, directory } = golden(name);
    using reader = DataWalReader.openSync(store);
    reader.exportJsonlSync(join(directory, "export.jsonl"));
    using imported = DataWal.openSync(join(directory, "imported"));
    imported.importJsonlSync(join(directory, "export.jsonl"));
    using again = DataWalReader.openSync(join(directory, "imported"));
    expect(livePairsDigest(again)).toBe(expected.live_pairs_sha256);
  });
});

describe.each(stores.filter((name) => !sound.includes(name)))("%s", (name) => {
  test("does not open, for a reader nor for a writer, as the reference says", () => {
    const { store } = golden(name);
    for (const open of [DataWalReader.openSync, DataWal.openSync]) {
      expect(() => open(store)).toThrow(expect.toSatisfy((error) => isRecordLogError(error)));
    }
  });
});
