import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { shellWord } from "../../src/render/shell-word.js";

test.each(["plain-1.dwal", "/a/b", "two words", "it's", "$HOME", "a;b", "", "*"])(
  "a shell reads the word made of %j as it was",
  (word) => {
    expect(execFileSync("sh", ["-c", `printf %s ${shellWord(word)}`], { encoding: "utf8" })).toBe(word);
  },
);
