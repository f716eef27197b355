import { DataWal } from "datawal";
import { expect, test } from "vitest";
import { parsedLine, runCommand } from "../kit/run-command.js";
import {
  damagedStore,
  fixtureNames,
  fixtureStore,
  freshPath,
  manifest,
  rottenStore,
  tornStore,
} from "../kit/stores.js";

/** Two segments: a superseded and a live Put, then a deletion of a third one and a Raw record. */
async function mixedStore(): Promise<string> {
  const store = freshPath("store");
  await using db = await DataWal.open(store);
  db.put("a", "superseded");
  db.put("b", "deleted");
  await db.rotate();
  db.put("a", "live");
  db.delete("b");
  return store;
}

test("what there is, what it is good for, and a bar for each segment", async () => {
  const { code, stdout, stderr } = await runCommand(["stats", await mixedStore()]);
  expect(stdout).toBe(
    [
      "schema:           datawal.cli.v1",
      "kind:             stats",
      "segments:         2",
      "records:          4",
      "keys:             1",
      "oldest_txid:      1",
      "newest_txid:      4",
      "bytes:            137",
      "live_bytes:       33",
      "raw_bytes:        0",
      "dead_bytes:       75",
      "tombstone_bytes:  29",
      "torn_bytes:       0",
      "compaction_frees: 104",
      "",
      "# live  = Raw records  . dead, tombstones  x torn or damaged",
      `00000001.dwal 75 ${".".repeat(62)}`,
      `00000002.dwal 62 ${"#".repeat(27)}${".".repeat(24)}`,
      "",
    ].join("\n"),
  );
  expect([code, stderr]).toEqual([0, ""]);
});

test("JSON has the same, and of each segment what its bar shows", async () => {
  const { stdout } = await runCommand(["stats", "--json", await mixedStore()]);
  expect(stdout).toBe(
    '{"schema":"datawal.cli.v1","kind":"stats","segments":2,"records":4,"keys":1,"oldest_txid":1,"newest_txid":4,"bytes":137,"live_bytes":33,"raw_bytes":0,"dead_bytes":75,"tombstone_bytes":29,"torn_bytes":0,"compaction_frees":104,"verdict":"intact","space":[' +
      '{"segment":1,"bytes":75,"live_bytes":0,"raw_bytes":0,"dead_bytes":75,"tombstone_bytes":0,"torn_bytes":0},' +
      '{"segment":2,"bytes":62,"live_bytes":33,"raw_bytes":0,"dead_bytes":0,"tombstone_bytes":29,"torn_bytes":0}]}\n',
  );
});

test.each(fixtureNames.filter((name) => !manifest[name]?.open_error))(
  "of %s the bytes add up, and compaction frees what is said",
  async (name) => {
    const store = fixtureStore(name);
    const stats = parsedLine(await runCommand(["stats", "--json", store])) as Record<string, number>;
    const { keys, bytes, compaction_frees } = stats;
    expect(keys).toBe(manifest[name]!.live_keys);
    const parts = ["live_bytes", "raw_bytes", "dead_bytes", "tombstone_bytes", "torn_bytes"];
    expect(parts.reduce((sum, part) => sum + stats[part]!, 0)).toBe(bytes);
    expect(bytes! - compaction_frees!).toBe(manifest[name]!.compact_bytes);
  },
);

test("Raw records are told apart, with a note that compaction drops them", async () => {
  const { stdout } = await runCommand(["stats", fixtureStore("valid_log")]);
  expect(stdout).toContain("raw_bytes:        98\n");
  expect(stdout).toContain("note:             compaction drops Raw records too, 98 bytes of them\n");
  expect(stdout).toMatch(/^00000001\.dwal 98 =+$/m);
});

test("in a terminal the bars are blocks, and no line is longer than it is wide", async () => {
  for (const columns of [60, 120]) {
    const { stdout } = await runCommand(["stats", await mixedStore()], columns);
    const lengths = stdout.split("\n").map((line) => line.length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(columns);
    expect(stdout).toMatch(/^00000002\.dwal 62 █+░+$/m);
  }
});

test("a torn tail is part of the bar: 2, with the report on stderr", async () => {
  const { code, stdout, stderr } = await runCommand(["stats", await tornStore()]);
  expect(code).toBe(2);
  expect(stdout).toMatch(/^00000001\.dwal 117 #+x+$/m);
  expect(stderr).toContain("verdict:             torn\n");
});

test("of a damaged store all that can be read is counted: 3, and nothing can be compacted", async () => {
  for (const store of [await damagedStore(), await rottenStore()]) {
    const ran = await runCommand(["stats", "--json", store]);
    expect(ran.code).toBe(3);
    expect(parsedLine(ran)).toMatchObject({ compaction_frees: 0, verdict: "damaged" });
  }
});

test("an empty log has no oldest record", async () => {
  const ran = await runCommand(["stats", "--json", fixtureStore("empty")]);
  expect(parsedLine(ran)).toMatchObject({ keys: 0, bytes: 0, oldest_txid: 0, newest_txid: 0 });
});
