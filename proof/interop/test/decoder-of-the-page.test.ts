import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataWal } from "datawal";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { allOrSample } from "../../../packages/record-log/test/kit/seeded-random.js";

const ROOT = join(import.meta.dirname, "../../..");
const FIXTURES = join(ROOT, "proof/fixtures");
const hasPython = spawnSync("python3", ["--version"]).status === 0;

interface Golden {
  segments: Record<string, { bytes: number }>;
  records_sha256?: string;
  report?: { records_replayed: number; tail_bytes_discarded: number };
  open_error?: string;
}
const manifest = JSON.parse(readFileSync(join(FIXTURES, "manifest.json"), "utf8")) as Record<string, Golden>;

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "datawal-page-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function decode(what: string) {
  const decoder = join(ROOT, "proof/interop/decoder.py");
  const lines = execFileSync("python3", [decoder, what], { encoding: "utf8" }).split("\n").slice(0, -1);
  const isEnd = (line: string) => line.includes(" ends ");
  return { records: lines.filter((line) => !isEnd(line)), ends: lines.filter(isEnd) };
}

/** As the manifest has it. */
const digest = (records: string[]) =>
  createHash("sha256")
    .update(records.map((line) => `${line}\n`).join(""))
    .digest("hex");

test("the decoder that was written from the page is short", () => {
  const lines = readFileSync(join(ROOT, "proof/interop/decoder.py"), "utf8").split("\n").length - 1;
  expect(lines).toBeLessThanOrEqual(120);
});

// It was written from docs/format.md alone: what it does not read as the Rust crate does, the page does not say.
describe.runIf(hasPython)("a decoder written from docs/format.md alone", () => {
  const goldens = Object.entries(manifest).filter(([, { records_sha256 }]) => records_sha256 !== undefined);
  const whole = allOrSample(0, goldens.length - 1, 4).map((index) => goldens[index]!);

  test.each(whole)("reads in %s what the Rust crate reads", (name, { records_sha256, report }) => {
    const { records, ends } = decode(join(FIXTURES, name));
    expect(records).toHaveLength(report!.records_replayed);
    expect(digest(records)).toBe(records_sha256);
    const [, end, size] = ends.at(-1)!.match(/ends (\d+) of (\d+)/)!;
    expect(Number(size) - Number(end)).toBe(report!.tail_bytes_discarded);
  });

  test("finds the damage where the Rust crate refuses to open", () => {
    const refused = Object.keys(manifest).filter((name) => manifest[name]!.open_error);
    expect(refused.map((name) => [name, ...decode(join(FIXTURES, name)).ends])).toEqual([
      ["bad_crc", "1 ends 32 of 32: end", "2 ends 0 of 50: CRC mismatch", "3 ends 33 of 33: end"],
      ["unknown_version", "1 ends 0 of 33: unknown version"],
    ]);
  });

  test("reads the frames that the page shows", () => {
    const rows = readFileSync(join(ROOT, "docs/format.md"), "utf8").matchAll(
      /^\| (\w+) \| (\d+) \| "(.*)" \| "(.*)" \| `([0-9a-f]+)` \|$/gm,
    );
    let frames = 0;
    for (const [, type, txid, key, payload, frame] of rows) {
      const kind = ["Raw", "Put", "Delete"].indexOf(type!);
      const base64 = (text: string) => Buffer.from(text).toString("base64");
      expect(decode(frame!).records).toEqual([
        `1/0/${frame!.length / 2}/${kind}/${txid}/${base64(key!)}/${base64(payload!)}`,
      ]);
      frames++;
    }
    expect(frames).toBe(6);
  });

  test("shows a group whole or not at all", async () => {
    const store = join(directory, "store");
    const db = await DataWal.open(store);
    db.put("before", "1");
    db.batch([
      { type: "put", key: "a", value: "1" },
      { type: "put", key: "b", value: "2" },
    ]);
    await db.close();
    expect(decode(store).records.map((line) => line.split("/")[4])).toEqual(["1", "4", "6"]);
    const segment = join(store, "00000001.dwal");
    truncateSync(segment, readFileSync(segment).length - 1);
    expect(decode(store).records.map((line) => line.split("/")[4])).toEqual(["1"]);
  });

  test("tells a flipped bit, so that its answers mean something", () => {
    cpSync(join(FIXTURES, "smoke"), directory, { recursive: true });
    const segment = join(directory, "00000001.dwal");
    const bytes = readFileSync(segment);
    bytes[30]! ^= 1;
    writeFileSync(segment, bytes);
    expect(decode(directory)).toEqual({ records: [], ends: ["1 ends 0 of 141: CRC mismatch"] });
  });
});
