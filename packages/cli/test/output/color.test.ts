import { expect, test } from "vitest";
import { type ColorChoice, choosePaint } from "../../src/output/color.js";
import { runCommand } from "../kit/run-command.js";
import { fixtureStore } from "../kit/stores.js";

test.each<[ColorChoice, Record<string, string>, boolean, boolean]>([
  ["auto", {}, true, true],
  ["auto", {}, false, false],
  ["auto", { TERM: "dumb" }, true, false],
  ["auto", { NO_COLOR: "1" }, true, false],
  ["auto", { NO_COLOR: "" }, true, true],
  ["auto", { FORCE_COLOR: "1" }, false, true],
  ["auto", { FORCE_COLOR: "0" }, true, false],
  ["auto", { FORCE_COLOR: "1", NO_COLOR: "1" }, true, false],
  ["always", { NO_COLOR: "1" }, false, true],
  ["never", { FORCE_COLOR: "1" }, true, false],
])("--color %s, with %j, terminal: %s: colored: %s", (choice, variables, isTerminal, isColored) => {
  const text = choosePaint(choice, variables, isTerminal)("bad", "text");
  expect(text).toBe(isColored ? "\x1b[31mtext\x1b[39m" : "text");
});

test("a verdict is colored in a terminal, never in JSON", async () => {
  const store = fixtureStore("smoke");
  expect((await runCommand(["report", store], 80)).stdout).toContain("\x1b[32mintact\x1b[39m");
  expect((await runCommand(["report", store])).stdout).not.toContain("\x1b");
  expect((await runCommand(["report", store, "--json", "--color", "always"])).stdout).not.toContain("\x1b");
});
