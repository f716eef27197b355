import { expect, test } from "vitest";
import { Output } from "../../src/output/output.js";
import { ProgressLine, progressText } from "../../src/output/progress-line.js";

const MiB = 2 ** 20;

/** A progress line whose clock the test moves. */
function watched(columns: number | undefined) {
  const screen = { text: "" };
  const clock = { nowMs: 0 };
  const output = new Output(async (piece) => {
    screen.text += Buffer.from(piece);
  }, columns);
  return { screen, clock, line: new ProgressLine(output, () => clock.nowMs) };
}

test("nothing is drawn for half a second, then at most ten times a second", async () => {
  const { screen, clock, line } = watched(80);
  for (clock.nowMs = 0; clock.nowMs < 500; clock.nowMs += 10)
    await line.report({ bytesDone: 1, bytesTotal: 2 });
  expect(screen.text).toBe("");
  for (; clock.nowMs < 1000; clock.nowMs += 10) await line.report({ bytesDone: 1, bytesTotal: 2 });
  expect(screen.text.split("\r").length - 1).toBe(5);
});

test("what is drawn is taken away, and only then", async () => {
  const { screen, clock, line } = watched(80);
  await line.clear();
  expect(screen.text).toBe("");
  clock.nowMs = 600;
  await line.report({ bytesDone: 1, bytesTotal: 2 });
  await line.clear();
  await line.clear();
  expect(screen.text.endsWith("left\r\x1b[K")).toBe(true);
});

test("what is no terminal gets nothing", async () => {
  const { screen, clock, line } = watched(undefined);
  clock.nowMs = 10_000;
  await line.report({ bytesDone: 1, bytesTotal: 2 });
  await line.clear();
  expect(screen.text).toBe("");
});

test("a narrow terminal gets as much as fits on its line", async () => {
  const { screen, clock, line } = watched(20);
  clock.nowMs = 1000;
  await line.report({ bytesDone: 64 * MiB, bytesTotal: 512 * MiB });
  expect(screen.text).toBe("\r\x1b[K 12 %  64.0 MiB of ");
});

test("a second pass over the bytes has a rate of its own", async () => {
  const { screen, clock, line } = watched(80);
  clock.nowMs = 10_000;
  await line.report({ bytesDone: 512 * MiB, bytesTotal: 512 * MiB });
  await line.report({ bytesDone: 0, bytesTotal: 512 * MiB });
  clock.nowMs = 11_000;
  await line.report({ bytesDone: 256 * MiB, bytesTotal: 512 * MiB });
  expect(screen.text).toContain(", 256.0 MiB/s, 0:01 left");
});

test.each([
  [{ bytesDone: 0, bytesTotal: 100 }, 0, "  0 %  0 B of 100 B"],
  [{ bytesDone: 0, bytesTotal: 0 }, 5, "100 %  0 B of 0 B"],
  [{ bytesDone: 50, bytesTotal: 100 }, 1000, " 50 %  50 B of 100 B, 50 B/s, 0:01 left"],
  [{ bytesDone: MiB, bytesTotal: 4096 * MiB }, 1000, "  0 %  1.0 MiB of 4.0 GiB, 1.0 MiB/s, 1:08:15 left"],
])("%j after %i ms", (progress, elapsedMs, text) => {
  expect(progressText(progress, elapsedMs)).toBe(text);
});
