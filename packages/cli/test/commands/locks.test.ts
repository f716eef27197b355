import { rmSync } from "node:fs";
import { join } from "node:path";
import { nodeFileSystem } from "@datawal/safeatomic";
import { DataWal } from "datawal";
import { expect, test } from "vitest";
import { runCommand } from "../kit/run-command.js";
import { fixtureStore, madeStore, PAIRS } from "../kit/stores.js";

test("a store that a writer has open is held by that process, and the lock stays with it", async () => {
  const store = await madeStore(PAIRS);
  await using db = await DataWal.open(store);
  // A container shows no locks of others, and other systems none at all: then it is unknown.
  const { state } = nodeFileSystem.lockState(join(store, ".lock"));
  expect(["held", "unknown"]).toContain(state);
  const { code, stdout } = await runCommand(["locks", store]);
  expect([code, stdout]).toEqual([
    0,
    `schema: datawal.cli.v1\nkind:   locks\nstate:  ${state}\npid:    ${process.pid}\n`,
  ]);
  db.put("key", "value");
});

// It showed the pid of a process that was gone beside "free", as if that held it.
test("after its writer is gone nobody is named beside a lock that is free", async () => {
  const store = await madeStore(PAIRS);
  const { stdout } = await runCommand(["locks", store, "--json"]);
  const { state } = nodeFileSystem.lockState(join(store, ".lock"));
  const named = state === "free" ? "" : `,"pid":${process.pid}`;
  expect(stdout).toBe(`{"schema":"datawal.cli.v1","kind":"locks","state":"${state}"${named}}\n`);
  expect(state).not.toBe("held");
});

test("without a lock file the lock is free", async () => {
  const store = fixtureStore("smoke");
  rmSync(join(store, ".lock"), { force: true });
  const { stdout } = await runCommand(["locks", store, "--json"]);
  expect(stdout).toBe('{"schema":"datawal.cli.v1","kind":"locks","state":"free"}\n');
});
