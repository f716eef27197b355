import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { DataWal } from "datawal";
import { expect, test } from "vitest";
import { parsedLine, runCommand } from "../kit/run-command.js";
import {
  damagedStore,
  fingerprint,
  fixtureStore,
  freshPath,
  madeStore,
  mendedStore,
  PAIRS,
  rottenStore,
  segmentPath,
  tornStore,
} from "../kit/stores.js";

test("of a damaged store everything but the damaged record is saved: 2, and what is lost is listed", async () => {
  const target = freshPath("new");
  const { code, stdout } = await runCommand(["repair", await damagedStore(), "--to", target]);
  expect(stdout).toBe(
    [
      "schema:          datawal.cli.v1",
      "kind:            repair",
      `target:          ${target}`,
      "segments:        3",
      "records_saved:   2",
      "bytes_saved:     80",
      "places_lost:     1",
      "bytes_lost:      40",
      "lost:            00000002.dwal, offset 0, 40 bytes: a frame with a CRC mismatch",
      `next:            to look at what was saved: datawal scan ${target}`,
      "",
    ].join("\n"),
  );
  expect(code).toBe(2);
  expect((await runCommand(["get", target, "--key", "key-3"])).stdout).toBe("value-3\n");
});

test("JSON lists what is lost", async () => {
  const target = freshPath("new");
  const { stdout } = await runCommand(["repair", await rottenStore(), "--to", target, "--json"]);
  expect(stdout).toBe(
    `{"schema":"datawal.cli.v1","kind":"repair","target":"${target}","segments":1,"records_saved":2,"bytes_saved":80,"places_lost":1,"bytes_lost":40,` +
      '"lost":[{"segment":1,"offset":40,"bytes":40,"reason":"crc-mismatch","file":"00000001.dwal"}],"missing_segments":[],"is_published":true,"left_out":[],"extracted":[]}\n',
  );
});

test("of an intact store all is saved, byte for byte: 0", async () => {
  const store = await madeStore(PAIRS);
  const target = freshPath("new");
  const { code, stdout } = await runCommand(["repair", store, "--to", target]);
  expect(code).toBe(0);
  expect(stdout).toContain("bytes_lost:      0\n");
  expect(readFileSync(segmentPath(target))).toEqual(readFileSync(segmentPath(store)));
});

test("a torn tail is lost: 2", async () => {
  const { code, stdout } = await runCommand(["repair", await tornStore(), "--to", freshPath("new")]);
  expect(code).toBe(2);
  expect(stdout).toContain("offset 80, 37 bytes: a frame cut short by the end of the file\n");
});

test("where no record is found nothing is written: 3", async () => {
  const store = fixtureStore("unknown_version");
  const target = freshPath("new");
  const { code, stdout } = await runCommand(["repair", store, "--to", target]);
  expect(code).toBe(3);
  expect(stdout).toContain("next:            no record was found, so nothing is written: restore a backup\n");
  expect(existsSync(target)).toBe(false);
});

test("a dry run says the same, needs no target, and writes nothing", async () => {
  const store = await damagedStore();
  const before = fingerprint(dirname(store));
  const { code, stdout } = await runCommand(["repair", store, "--dry-run"]);
  expect(code).toBe(2);
  expect(stdout).toContain("records_saved:   2\n");
  expect(stdout).toContain(
    `next:            nothing has been written yet; to write it: datawal repair ${store} --to NEW\n`,
  );
  const json = await runCommand(["repair", store, "--dry-run", "--json", "--to", freshPath("new")]);
  expect(parsedLine(json)).toMatchObject({ records_saved: 2, is_published: false });
  expect(fingerprint(dirname(store))).toBe(before);
});

test("the store stays as it was", async () => {
  for (const store of [await damagedStore(), await rottenStore(), await tornStore()]) {
    const before = fingerprint(store);
    await runCommand(["repair", store, "--to", freshPath("new")]);
    expect(fingerprint(store)).toBe(before);
  }
});

test("a missing segment is lost, though nobody knows how much that is: 2", async () => {
  const store = await madeStore(PAIRS, { segmentBytesMax: 1 });
  rmSync(segmentPath(store, 2));
  const { code, stdout } = await runCommand(["repair", store, "--to", freshPath("new")]);
  expect(code).toBe(2);
  expect(stdout).toContain("lost:            segment 2: the file is missing\n");
});

test("a torn tail that an earlier open cut off was no record: it is left out, and nothing is lost", async () => {
  const store = await mendedStore();
  const { code, stdout } = await runCommand(["repair", store, "--to", freshPath("new")]);
  expect(code).toBe(0);
  expect(stdout).toContain("places_lost:     0\nbytes_lost:      0\n");
  expect(stdout).toContain(
    "left_out:        00000001.cut-80, offset 160, 37 bytes: bytes that an earlier repair cut off; no record was found in them\n",
  );
  const json = await runCommand(["repair", store, "--dry-run", "--json"]);
  expect(parsedLine(json)).toMatchObject({
    lost: [],
    left_out: [{ segment: 1, offset: 160, bytes: 37, reason: "quarantine", file: "00000001.cut-80" }],
  });
});

test("of a tail that an earlier open cut off its records are saved, and what is between them is lost: 2", async () => {
  const store = await rottenStore();
  await using _ = await DataWal.open(store);
  const target = freshPath("new");
  const { code, stdout } = await runCommand(["repair", store, "--to", target]);
  expect(code).toBe(2);
  expect(stdout).toContain(
    "lost:            00000001.cut-40, offset 160, 40 bytes: bytes that an earlier repair cut off\n",
  );
  expect(stdout).not.toContain("left_out");
  expect((await runCommand(["get", target, "--key", "key-3"])).stdout).toBe("value-3\n");
});

test("records of a tail whose log is another by now go to a store of their own, which is named: 2", async () => {
  const store = await rottenStore();
  {
    await using _ = await DataWal.open(store);
  }
  const [kept] = readdirSync(store).filter((name) => name.includes(".cut-"));
  const other = await madeStore([["other", "value"]]);
  copyFileSync(join(store, kept!), join(other, kept!));
  const dry = await runCommand(["repair", other, "--dry-run"]);
  expect(dry.stdout).toContain(`extracted:       1 records of ${kept} would go to a store of their own: `);
  const target = freshPath("new");
  const { code, stdout } = await runCommand(["repair", other, "--to", target]);
  expect(code).toBe(2);
  expect(stdout).toContain(`extracted:       1 records of ${kept} are in ${target}.quarantine-1: `);
  expect((await runCommand(["get", target, "--key", "key-3"])).code).not.toBe(0);
  expect((await runCommand(["get", `${target}.quarantine-1`, "--key", "key-3"])).stdout).toBe("value-3\n");
  const json = await runCommand(["repair", other, "--to", freshPath("new"), "--json"]);
  expect(parsedLine(json)).toMatchObject({
    extracted: [{ files: [kept], records: 1, target: expect.stringContaining(".quarantine-1") }],
  });
});

test("a target that is not empty is left alone", async () => {
  const full = freshPath("full");
  mkdirSync(full);
  writeFileSync(join(full, "mine"), "");
  const { code, stderr } = await runCommand(["repair", await damagedStore(), "--to", full]);
  expect(code).toBe(1);
  expect(stderr).toContain(`${full}: expected nothing there, or an empty directory`);
});

test("a target within the store is refused, also behind a link", async () => {
  const store = await damagedStore();
  const link = freshPath("link");
  symlinkSync(store, link);
  for (const target of [store, join(store, "new"), join(link, "deep", "new")]) {
    const { code, stderr } = await runCommand(["repair", store, "--to", target]);
    expect([code, stderr]).toEqual([
      1,
      `datawal: error: repair: expected a place outside of ${store}, found ${target}; name another one\n`,
    ]);
  }
});

test("without --to and --dry-run it says what it needs", async () => {
  const { code, stderr } = await runCommand(["repair", await damagedStore()]);
  expect(code).toBe(1);
  expect(stderr).toContain("expected --to NEW, the directory of a new store, or --dry-run, found neither");
});

test("an empty store has nothing to save", async () => {
  const store = await madeStore(PAIRS);
  truncateSync(segmentPath(store), 0);
  expect((await runCommand(["repair", store, "--dry-run"])).code).toBe(3);
});
