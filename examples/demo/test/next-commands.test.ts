import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { demoPaths } from "../src/demo-paths.js";
import { nextCommands } from "../src/next-commands.js";

test.each(["ci37868143", "1", "two words", "--key", "", "$(reboot)", "\x1b[31m", "é"])(
  "a shell hands the key %j over as it is",
  (key) => {
    const bytes = Buffer.from(key);
    const get = nextCommands(demoPaths, bytes)[2]!;
    const words = execFileSync("sh", ["-c", `printf '%s\\n' ${get}`], { encoding: "utf8" })
      .trimEnd()
      .split("\n");
    const [option, value = ""] = words.slice(4);
    const decoded = option === "--key" ? Buffer.from(value) : Buffer.from(value, "base64");
    expect(decoded).toEqual(bytes);
  },
);
