import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { nodeFileSystem } from "@datawal/safeatomic";
import { replaceStore } from "datawal";
import { expect, test } from "vitest";
import { runCommand } from "../kit/run-command.js";
import {
  damagedStore,
  freshPath,
  madeStore,
  mendedStore,
  PAIRS,
  segmentPath,
  tornStore,
} from "../kit/stores.js";

test("the compacted copy is the store then, and nothing else is left", async () => {
  const store = await madeStore([...PAIRS, ["key-1", "newer"]]);
  const compacted = freshPath("compacted");
  await runCommand(["compact", store, compacted]);
  const { code, stdout } = await runCommand(["swap", store, compacted]);
  expect([code, stdout]).toEqual([
    0,
    `schema:      datawal.cli.v1\nkind:        swap\nstore:       ${store}\nreplacement: ${compacted}\n`,
  ]);
  expect([existsSync(compacted), existsSync(`${store}.old`)]).toEqual([false, false]);
  expect((await runCommand(["scan", store])).stdout.split("\n").length - 1).toBe(3);
  await runCommand(["compact", store, compacted]);
  const json = await runCommand(["swap", store, compacted, "--json"]);
  expect(json.stdout).toMatch(
    /^\{"schema":"datawal\.cli\.v1","kind":"swap","store":".*","replacement":".*"\}\n$/,
  );
});

test("what was put since the copy was made is not lost: refused with what differs, and given up only by --force", async () => {
  const store = await madeStore(PAIRS);
  const compacted = freshPath("compacted");
  await runCommand(["compact", store, compacted]);
  await runCommand(["put", store, "--key", "new", "1"]);
  const refused = await runCommand(["swap", store, compacted]);
  expect([refused.code, refused.stdout]).toEqual([1, ""]);
  expect(refused.stderr).toContain(
    `${compacted}: expected exactly the live pairs of ${store}, found keys missing: 1, the first such key: "new"`,
  );
  expect(refused.stderr).toContain(`datawal swap ${store} ${compacted} --force`);
  expect((await runCommand(["get", store, "--key", "new"])).stdout).toBe("1\n");
  const forced = await runCommand(["swap", store, compacted, "--force"]);
  expect(forced.code).toBe(0);
  expect(forced.stderr).toContain(`--force: no proof is asked for; what only ${store} holds is given up`);
  expect((await runCommand(["get", store, "--key", "new"])).code).toBe(2);
});

test("a torn store is not replaced: 2, with what to do", async () => {
  const [store, replacement] = [await tornStore(), await madeStore(PAIRS)];
  const { code, stderr } = await runCommand(["swap", store, replacement]);
  expect(code).toBe(2);
  expect(stderr).toContain(`${store}: expected it whole`);
});

test("a damaged replacement is refused: 3, and both stay as they were", async () => {
  const [store, replacement] = [await madeStore(PAIRS), await damagedStore()];
  const bytes = readFileSync(segmentPath(replacement, 2));
  const { code, stderr } = await runCommand(["swap", store, replacement]);
  expect(code).toBe(3);
  expect(stderr).toContain(
    `${replacement}: expected an intact store to put in the place of ${store}, found it damaged`,
  );
  expect(stderr).toContain(`datawal repair ${replacement} --to NEW\n`);
  expect(readFileSync(segmentPath(replacement, 2))).toEqual(bytes);
  expect((await runCommand(["verify", store])).code).toBe(0);
});

test("a missing store, or a missing replacement, is told", async () => {
  const store = await madeStore(PAIRS);
  // Its name begins as the store's.
  const missing = `${store}-missing`;
  for (const words of [
    [store, missing],
    [missing, store],
  ]) {
    const { code, stderr } = await runCommand(["swap", ...words]);
    expect(code).toBe(1);
    expect(stderr).toContain(`${missing}: expected a store (a directory with segments`);
  }
});

test("a directory that is no store is not replaced, also behind a link", async () => {
  const [directory, replacement] = [freshPath("directory"), await madeStore(PAIRS)];
  mkdirSync(directory);
  const link = freshPath("link");
  symlinkSync(directory, link);
  for (const path of [directory, link]) {
    const { code, stdout, stderr } = await runCommand(["swap", path, replacement]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(
      `${path}: expected a store (a directory with segments such as 00000001.dwal), found`,
    );
  }
  expect([existsSync(directory), (await runCommand(["verify", replacement])).code]).toEqual([true, 0]);
});

test("a swap that was interrupted between its two renames is finished by the same command", async () => {
  const [store, replacement] = [await madeStore(PAIRS), await madeStore([["key-1", "newer"]])];
  const rename = (from: string, to: string) => {
    if (to === store) throw Object.assign(new Error("EIO"), { code: "EIO" });
    nodeFileSystem.rename(from, to);
  };
  const fileSystem = { ...nodeFileSystem, rename };
  await expect(replaceStore(store, replacement, { fileSystem, force: true })).rejects.toThrow();
  expect([existsSync(store), existsSync(`${store}.old`)]).toEqual([false, true]);
  expect((await runCommand(["swap", store, replacement])).code).toBe(1);
  expect((await runCommand(["swap", store, replacement, "--force"])).code).toBe(0);
  expect((await runCommand(["get", store, "--key", "key-1"])).stdout).toBe("newer\n");
});

// A repaired store could not be swapped: whatever compacts by itself stopped there until a person came.
test("what a repair put aside moves along, and verify goes on naming it", async () => {
  const store = await mendedStore();
  const compacted = freshPath("compacted");
  await runCommand(["compact", store, compacted]);
  expect((await runCommand(["swap", store, compacted])).code).toBe(0);
  expect(readdirSync(store).sort()).toEqual([".lock", "00000001.dwal", "quarantine-1"]);
  expect(readdirSync(join(store, "quarantine-1"))).toEqual([expect.stringMatching(/^\d{8}\.cut-\d+$/)]);
  expect((await runCommand(["verify", store])).stdout).toContain(join(store, "quarantine-1"));
});

test("a store with a file in it that is not its own is left alone", async () => {
  const [store, replacement] = [await madeStore(PAIRS), await madeStore(PAIRS)];
  writeFileSync(join(store, "mine"), "");
  const { code, stderr } = await runCommand(["swap", store, replacement]);
  expect(code).toBe(1);
  expect(stderr).toContain("expected nothing but the files of a log, found mine");
});

test("what stands at STORE.old for another reason is left alone", async () => {
  const [store, replacement] = [await madeStore(PAIRS), await madeStore(PAIRS)];
  renameSync(await madeStore(PAIRS), `${store}.old`);
  const { code, stderr } = await runCommand(["swap", store, replacement]);
  expect(code).toBe(1);
  expect(stderr).toContain("if it is a backup give it another name");
});
