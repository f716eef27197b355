import { RecordLog } from "@datawal/record-log";
import { nodeFileSystem } from "@datawal/safeatomic";
import { createSimulatedDisk, type SimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import type { Command } from "commander";
import { DataWal } from "datawal";
import { expect, test } from "vitest";
import { IS_FULL_RUN } from "../../../record-log/test/kit/seeded-random.js";
import { defineCat } from "../../src/commands/cat.js";
import type { DefineCommand } from "../../src/commands/command.js";
import { defineDump } from "../../src/commands/dump.js";
import { defineGet } from "../../src/commands/get.js";
import { defineReport } from "../../src/commands/report.js";
import { defineScan } from "../../src/commands/scan.js";
import { defineStats } from "../../src/commands/stats.js";
import { defineTail } from "../../src/commands/tail.js";
import { defineVerify } from "../../src/commands/verify.js";
import { Failure } from "../../src/failure.js";
import { Output } from "../../src/output/output.js";

// A reading that a drop overtakes is begun again behind it, and what it had gathered of the head stayed: get answered with
// a value that was deleted before the command began (the deletion lay in the dropped part that was not read any more),
// stats counted records twice, and what scan had printed was told on stderr only, with exit code 0.

const STORE = "/store";

/** Key `a` is put in the first segment and deleted in the second; each record has a segment of its own. */
function filled(): SimulatedDisk {
  const disk = createSimulatedDisk();
  const db = DataWal.openSync(STORE, { fileSystem: disk, segmentBytesMax: 1 });
  for (const value of ["1", "2"]) db.put("a", value);
  db.delete("a");
  for (const key of ["b", "c"]) db.put(key, key);
  db.closeSync();
  return disk;
}

function drop(disk: SimulatedDisk): void {
  const log = RecordLog.openSync(STORE, { fileSystem: disk });
  log.dropSegmentsBeforeSync(log.activeSegment);
  log.append("behind it");
  log.closeSync();
}

function compact(disk: SimulatedDisk): void {
  const db = DataWal.openSync(STORE, { fileSystem: disk, segmentBytesMax: 1 });
  db.compactSync();
  db.closeSync();
}

interface Shown {
  code: number;
  /** Of what was thrown. */
  error: string;
  stdout: string;
}

/** Runs a command on a disk, and `change` before its call number `at`. */
async function show(
  define: DefineCommand,
  argv: readonly string[],
  disk: SimulatedDisk,
  change: (disk: SimulatedDisk) => void,
  at: number,
): Promise<Shown & { calls: number }> {
  let calls = 0;
  const fileSystem = withFaults(disk, () => {
    if (calls++ === at) change(disk);
  });
  const pieces: Buffer[] = [];
  const stdout = new Output(async (piece) => void pieces.push(Buffer.from(piece)));
  const watch = { signal: new AbortController().signal, onProgress: () => undefined, fileSystem };
  const shown = { code: 0, error: "", stdout: "" };
  const command = define(
    (run) =>
      async function (this: Command) {
        const environment = {
          stdout,
          stderr: new Output(async () => undefined),
          stdin: async function* () {},
          paint: (text: string) => text,
          watch,
        };
        try {
          shown.code = await run(Object.assign(this.opts(), { store: STORE }) as never, environment);
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          shown.code = error.exitCode;
          shown.error = error.message;
        }
      },
  );
  await command.parseAsync([STORE, ...argv], { from: "user" });
  await stdout.flush();
  return { ...shown, calls, stdout: Buffer.concat(pieces).toString() };
}

const never = Number.POSITIVE_INFINITY;

/** What a command shows with a change at each of its calls in turn; before the change, and behind it. */
async function showEach(define: DefineCommand, argv: readonly string[], change: typeof drop) {
  const { calls, ...before } = await show(define, argv, filled(), change, never);
  const changed = filled();
  change(changed);
  const { calls: _, ...after } = await show(define, argv, changed, change, never);
  const all: Shown[] = [];
  for (let at = 0; at < calls; at += IS_FULL_RUN ? 1 : 3) {
    const { calls: _, ...shown } = await show(define, argv, filled(), change, at);
    all.push(shown);
  }
  return { before, after, all };
}

test.each<[string, DefineCommand, string[]]>([
  ["get", defineGet, ["--key", "a"]],
  ["get of what stays", defineGet, ["--key", "c"]],
  ["stats", defineStats, []],
  ["tail", defineTail, ["-n", "3"]],
  ["verify", defineVerify, []],
  ["report", defineReport, []],
])(
  "%s shows the store before a drop or behind it, at whichever call the drop comes",
  async (_, define, argv) => {
    const { before, after, all } = await showEach(define, argv, drop);
    expect(all.length).toBeGreaterThan(10);
    for (const shown of all) expect([before, after]).toContainEqual(shown);
    expect(all).toContainEqual(after);
  },
);

test("get finds what a compaction leaves live, at whichever call the compaction comes", async () => {
  for (const key of ["a", "b", "c"]) {
    const { before, all } = await showEach(defineGet, ["--key", key], compact);
    for (const shown of all) expect(shown).toEqual(before);
  }
});

test.each<[string, DefineCommand, string[]]>([
  ["scan", defineScan, []],
  ["dump", defineDump, []],
  ["cat", defineCat, ["--values"]],
])(
  "what %s had printed before a drop is told with the exit code, and how much it is",
  async (_, define, argv) => {
    const { before, after, all } = await showEach(define, argv, drop);
    const everWritten = [...new Set((before.stdout + after.stdout).split("\n"))];
    let overtaken = 0;
    for (const shown of all) {
      if (shown.code === 0) {
        expect([before, after]).toContainEqual(shown);
        continue;
      }
      overtaken++;
      expect(shown.code).toBe(1);
      const gone = Number(/the first (\d+) records printed/.exec(shown.error)?.[1]);
      const lines = shown.stdout.split("\n");
      expect(everWritten.slice(0, gone)).toEqual(lines.slice(0, gone));
      expect(lines.slice(gone).join("\n")).toBe(after.stdout);
    }
    expect(overtaken).toBeGreaterThan(0);
  },
);

test("what was printed up to the limit before a drop was there, and is no failure", async () => {
  const { before, after, all } = await showEach(defineScan, ["--limit", "1"], drop);
  for (const shown of all) expect([before, after]).toContainEqual(shown);
});

test("the simulated disk is what the commands read", async () => {
  expect(nodeFileSystem.stat(STORE)).toBeUndefined();
  expect((await show(defineGet, ["--key", "c"], filled(), drop, never)).stdout).toContain("c");
});
