import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { damagedStore, fixtureStore, madeStore, tornStore } from "./kit/stores.js";

// The built command, as `npm test` has just built it; all that one process can show is tested without one.
const binary = fileURLToPath(new URL("../bin/datawal.cjs", import.meta.url));

function datawal(...argv: string[]) {
  return spawnSync(process.execPath, [binary, ...argv], { maxBuffer: 1 << 28 });
}

test("the process ends with the command's code, output on its two streams", async () => {
  const fine = datawal("get", fixtureStore("smoke"), "--key", "alpha");
  expect([fine.status, fine.stdout.toString(), fine.stderr.toString()]).toEqual([0, "1\n", ""]);
  expect(datawal("verify", await tornStore()).status).toBe(2);
  expect(datawal("verify", await damagedStore()).status).toBe(3);
  const usage = datawal("verify");
  expect([usage.status, usage.stdout.length]).toEqual([1, 0]);
});

// All of it took as long to compile as node to start.
test("what only tells its version does not load the commands", () => {
  const preload = `data:text/javascript,process.on("exit",()=>console.error(Object.keys(process.getBuiltinModule("node:module")._cache).join()))`;
  const loaded = (...argv: string[]) =>
    spawnSync(process.execPath, ["--import", preload, binary, ...argv]).stderr.toString();
  expect(loaded("--version")).toMatch(/main\.cjs/);
  expect(loaded("--version")).not.toMatch(/all-commands/);
  expect(loaded("help", "get")).toMatch(/all-commands/);
});

test("a pipe gets all of a large value, to the byte", async () => {
  const value = Buffer.alloc(8 << 20, "0123456789abcdef\xff", "latin1");
  const store = await madeStore([["big", value]]);
  const { status, stdout } = datawal("get", store, "--key", "big", "--bytes", "raw");
  expect(status).toBe(0);
  expect(stdout.equals(value)).toBe(true);
});

test("a reader that takes its time gets every line", async () => {
  const store = await madeStore(
    Array.from({ length: 5000 }, (_, i) => [`key-${i}`, "v".repeat(1000)] as const),
  );
  const child = spawn(process.execPath, [binary, "scan", "--json", store], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let lines = 0;
  for await (const chunk of child.stdout) {
    lines += chunk.toString().split("\n").length - 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(lines).toBe(5000);
});

test("a reader that goes away ends it quietly with 0", async () => {
  const store = await madeStore(
    Array.from({ length: 5000 }, (_, i) => [`key-${i}`, "v".repeat(1000)] as const),
  );
  const child = spawn(process.execPath, [binary, "scan", "--json", store]);
  const stderr: Buffer[] = [];
  child.stderr.on("data", (chunk) => stderr.push(chunk));
  await once(child.stdout, "data");
  child.stdout.destroy();
  expect(await once(child, "close")).toEqual([0, null]);
  expect(Buffer.concat(stderr).toString()).toBe("");
});
