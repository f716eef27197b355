import { expect, test } from "vitest";
import { parsedLine, runCommand } from "../kit/run-command.js";
import { damagedStore, fixtureStore, rottenStore, tornStore } from "../kit/stores.js";

test("the reference's seven lines come first, then the verdict", async () => {
  const { code, stdout } = await runCommand(["verify", fixtureStore("smoke")]);
  expect(stdout).toBe(
    [
      "schema:              datawal.cli.v1",
      "frames_checked:      4",
      "crc_failures:        0",
      "tail_truncated:      0",
      "tail_bytes_discarded:0",
      "last_segment:        1",
      "last_offset:         104",
      "verdict:             intact",
      "",
    ].join("\n"),
  );
  expect(code).toBe(0);
});

test("an empty log has its last record nowhere", async () => {
  const { code, stdout } = await runCommand(["verify", "--json", fixtureStore("empty")]);
  expect(stdout).toBe(
    '{"schema":"datawal.cli.v1","kind":"verify","frames_checked":0,"crc_failures":0,"tail_truncated":0,"tail_bytes_discarded":0,"last_segment":0,"last_offset":0,"verdict":"intact","damages":[],"warnings":[]}\n',
  );
  expect(code).toBe(0);
});

test("a CRC failure in a sealed segment is counted, and the rest is checked", async () => {
  const ran = await runCommand(["verify", "--json", await damagedStore()]);
  expect(ran.code).toBe(3);
  expect(parsedLine(ran)).toMatchObject({
    frames_checked: 2,
    crc_failures: 1,
    last_segment: 3,
    verdict: "damaged",
  });
});

test("a torn tail is recoverable, valid frames behind damage are corruption", async () => {
  expect((await runCommand(["verify", await tornStore()])).code).toBe(2);
  expect((await runCommand(["verify", await rottenStore()])).code).toBe(3);
});

test("a damaged store's last line says what to do next", async () => {
  const { stdout } = await runCommand(["verify", await damagedStore()]);
  expect(stdout.trimEnd().split("\n").at(-1)).toMatch(/^next: +no crash explains this: copy the directory/);
});
