import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal, DataWalReader } from "datawal";
import { describe, expect, test } from "vitest";
import type { Environment } from "../../src/environment.js";
import { Output } from "../../src/output/output.js";
import { differences } from "../../src/store/differences.js";
import { exportLines } from "../../src/store/export-lines.js";

/*
 * A reader's `get` looks at the store again where a compaction in place has removed a segment. What went over the keys with
 * it printed pairs of several moments, and ended with a TypeError where a key had been deleted by then.
 */
describe("beside a compaction in place, all that is printed is of one moment", () => {
  function readersAndCompaction() {
    const fileSystem = createSimulatedDisk();
    const store = DataWal.openSync("/store", { fileSystem, segmentBytesMax: 100 });
    for (const key of ["a", "b", "c", "d"]) store.put(key, "x".repeat(50));
    const [one, other] = [1, 2].map(() => DataWalReader.openSync("/store", { fileSystem }));
    const compact = () => {
      for (const key of ["b", "c"]) store.delete(key);
      store.put("d", "new");
      store.rotateSync();
      store.compactSync();
    };
    return { one: one!, other: other!, compact };
  }

  test("diff ends with what to do, and names the store that has changed", () => {
    const { one, other, compact } = readersAndCompaction();
    const found = differences({ name: "ONE", reader: one }, { name: "OTHER", reader: other });
    expect(found.next().value).toBeUndefined();
    compact();
    expect(() => [...found]).toThrow(/^ONE: expected the store that was read, .*run the command again$/);
  });

  test("export to standard output ends, too", async () => {
    const { one, compact } = readersAndCompaction();
    const pieces: Uint8Array[] = [];
    const stdout = new Output(async (piece) => void pieces.push(Buffer.from(piece)));
    const environment = { stdout, watch: { signal: new AbortController().signal } } as Environment;
    const drain = stdout.drain.bind(stdout);
    stdout.drain = () => {
      compact();
      stdout.drain = drain;
      return drain();
    };
    await expect(exportLines(one, environment)).rejects.toMatchObject({ code: "ERR_DATAWAL_READER_STALE" });
  });
});
