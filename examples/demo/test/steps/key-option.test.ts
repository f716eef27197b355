import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { keyOption } from "../../src/steps/key-option.js";

test.each(["ci37868143", "1", "two words", "--key", "", "$(reboot)", "\x1b[31m", "é"])(
  "a shell hands the key %j over as it is",
  (key) => {
    const words = execFileSync("sh", ["-c", `printf '%s\\n' ${keyOption(Buffer.from(key))}`], {
      encoding: "utf8",
    });
    const [option, value = ""] = words.trimEnd().split("\n");
    expect(Buffer.from(value, option === "--key" ? "utf8" : "base64").toString()).toBe(key);
  },
);
