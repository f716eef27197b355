import { expect, test } from "vitest";
import { runCommand } from "../kit/run-command.js";
import { damagedStore, madeStore, PAIRS, tornStore } from "../kit/stores.js";

const first = ({ stdout }: { stdout: string }) => stdout.split("\n\n")[0];

test.each(["report", "verify", "check"])(
  "on a terminal a sentence stands before the lines of %s",
  async (name) => {
    const store = await madeStore(PAIRS, { segmentBytesMax: 1 });
    const inPipe = await runCommand([name, store]);
    const onTerminal = await runCommand([name, store, "--color", "never"], 200);
    expect(onTerminal.stdout).toBe(`3 segments, 3 records, 120 bytes, intact\n\n${inPipe.stdout}`);
  },
);

test("it tells a verdict that is not intact", async () => {
  expect(first(await runCommand(["verify", await tornStore()], 80))).toBe(
    "1 segment, 2 records, 117 bytes, torn",
  );
  expect(first(await runCommand(["report", await damagedStore()], 80))).toBe(
    "3 segments, 2 records, 120 bytes, damaged",
  );
});

test("that of stats says what compaction would free, and sizes stand beside bytes", async () => {
  const store = await madeStore([
    ...PAIRS,
    ["big", new Uint8Array(5_000_000)],
    ["big", new Uint8Array(2000)],
  ]);
  const { stdout } = await runCommand(["stats", store, "--color", "never"], 100);
  expect(stdout).toMatch(
    /^1 segment, 5 records, 4\.8 MiB, intact; compaction would free 4\.8 MiB\n\nschema: /,
  );
  expect(stdout).toContain("\nlive_bytes:       2151 (2.1 KiB)\n");
  expect(stdout).toContain("\nraw_bytes:        0\n");
});
