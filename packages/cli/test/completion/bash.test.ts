import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { runCommand } from "../kit/run-command.js";

const { stdout: script } = await runCommand(["completion", "bash"]);

/** What bash offers for the last of these words. */
function offered(...words: string[]): string[] {
  const ask = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _datawal; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const argv = ["-c", `${script}\n${ask}`, "bash", "datawal", ...words];
  return execFileSync("bash", argv, { encoding: "utf8" }).trim().split("\n");
}

test("a command is completed", () => {
  expect(offered("ver")).toEqual(["verify"]);
  expect(offered("")).toEqual(expect.arrayContaining(["scan", "tail", "completion", "help"]));
});

test("an option is completed: the command's and the global ones", () => {
  expect(offered("scan", "--lim")).toEqual(["--limit"]);
  expect(offered("scan", "store", "--")).toEqual(expect.arrayContaining(["--from-segment", "--json"]));
  expect(offered("verify", "--lim")).toEqual([""]);
});

test("a value is completed where few are right", () => {
  expect(offered("get", "store", "--bytes", "")).toEqual(["auto", "raw", "base64", "hex"]);
  expect(offered("--color", "al")).toEqual(["always"]);
});

test("a store is left to bash, which completes files", () => {
  expect(offered("scan", "st")).toEqual([""]);
});
