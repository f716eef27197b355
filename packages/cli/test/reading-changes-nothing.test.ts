import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { allOrSample } from "../../record-log/test/kit/seeded-random.js";
import { shellWord } from "../src/render/shell-word.js";
import { asNobody } from "./kit/as-nobody.js";
import { runCommand } from "./kit/run-command.js";
import { STATES } from "./kit/store-states.js";
import { fingerprint, freshPath, madeStore, PAIRS } from "./kit/stores.js";
import table from "./state-table.json";

const readings = Object.entries(table.commands)
  .filter(([command]) => !table.changing.includes(command))
  .map(([command, { line }]) => ({ command, line }));
const binary = fileURLToPath(new URL("../bin/datawal.cjs", import.meta.url));

/** Stores whose directory is there and can be read, in every state. */
const stores: string[] = [];
beforeAll(async () => {
  for (const state of ["intact", "locked", "gapped", "torn", "zeroTailed", "rotten", "damaged"]) {
    stores.push((await STATES[state]!()).store);
  }
  chmodSync(dirname(dirname(stores[0]!)), 0o755);
  for (const store of stores) chmodSync(dirname(store), 0o755);
});

/** A command line of the table. What it writes goes to a directory where anybody may write. */
function wordsOf(line: string, store: string): string[] {
  const out = freshPath("out");
  chmodSync(dirname(out), 0o777);
  return line.split(" ").map((word) => ({ STORE: store, OTHER: store, OUT: out })[word] ?? word);
}

describe.each(readings)("$command", ({ line }) => {
  test("leaves names, bytes, modes and times of a store as they were, whoever runs it", async () => {
    for (const store of allOrSample(0, stores.length - 1, 3).map((index) => stores[index]!)) {
      const before = fingerprint(store);
      const { code } = await runCommand(wordsOf(line, store));
      const words = wordsOf(line, store);
      const asReader = await asNobody(() => runCommand(words));
      expect(asReader.code).toBe(code);
      expect(fingerprint(store)).toBe(before);
    }
  });
});

test("somebody without rights cannot write a store: otherwise the test above would prove little", async () => {
  await asNobody(async () => expect(() => writeFileSync(join(stores[0]!, "file"), "")).toThrow("EACCES"));
});

test("every reading command works on a read-only mount", async () => {
  const script = `
    mount -t tmpfs none "$1" && cp -r "$2" "$1/store" && mount -o remount,ro "$1" || exit 90
    touch "$1/store/file" 2>/dev/null && exit 91
    shift 2
    for line; do eval "$line" >/dev/null || { echo "$line: $?"; exit 92; }; done`;
  const mountPoint = freshPath("mount");
  mkdirSync(mountPoint);
  const lines = allOrSample(0, readings.length - 1, 4).map((index) =>
    [process.execPath, binary, ...wordsOf(readings[index]!.line, join(mountPoint, "store"))]
      .map(shellWord)
      .join(" "),
  );
  const argv = ["-m", "sh", "-c", script, "sh", mountPoint, await madeStore(PAIRS), ...lines];
  const { status, stdout, stderr, error } = spawnSync("unshare", argv, { encoding: "utf8" });
  if (error || status === 1 || status === 90) {
    console.log(`SKIPPED read-only mount: ${error?.message ?? stderr.trim()}`);
    return;
  }
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
});
