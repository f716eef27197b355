import { expect, test } from "vitest";
import { counted, StepFailed, Story } from "../src/story.js";

function told(columns?: number) {
  const lines = { text: "" };
  return { lines, story: new Story((text) => (lines.text += text), columns) };
}

test("sentences and tables stay within 60 columns, or a narrower terminal", () => {
  for (const columns of [undefined, 40, 200]) {
    const { lines, story } = told(columns);
    story.say("word ".repeat(40).trim());
    story.row("label", "value ".repeat(20).trim());
    const longest = Math.max(...lines.text.split("\n").map((line) => line.length));
    expect(longest).toBeLessThanOrEqual(Math.min(60, columns ?? 60));
  }
});

test("a step that fails says which it was", async () => {
  const { story } = told();
  await story.step("Go", () => undefined);
  const failed = story.step("Stop", () => {
    throw new Error("no way");
  });
  await expect(failed).rejects.toThrow(StepFailed);
  await expect(failed).rejects.toThrow("step 2 (Stop) failed: no way");
});

test("a noun follows its number", () => {
  expect([counted(0, "byte"), counted(1, "byte"), counted(1234, "byte")]).toEqual([
    "0 bytes",
    "1 byte",
    "1,234 bytes",
  ]);
});
