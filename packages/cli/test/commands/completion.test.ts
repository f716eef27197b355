import { expect, test } from "vitest";
import { runCommand } from "../kit/run-command.js";

test.each(["bash", "zsh", "fish"])(
  "the script for %s knows every command and option that the help shows",
  async (shell) => {
    const { code, stdout: script } = await runCommand(["completion", shell]);
    const { stdout: help } = await runCommand(["--help"]);
    expect(code).toBe(0);
    const commands = [...help.matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name!);
    expect(commands.length).toBeGreaterThan(10);
    for (const command of commands) {
      expect(script).toMatch(new RegExp(`\\b${command}\\b`));
      const { stdout } = await runCommand(["help", command]);
      for (const [, option] of stdout.matchAll(/^ {2}.*--([\w-]+)/gm)) expect(script).toContain(option);
    }
  },
);

test("another shell is refused", async () => {
  const { code, stderr } = await runCommand(["completion", "tcsh"]);
  expect(code).toBe(1);
  expect(stderr).toContain("Allowed choices are bash, zsh, fish");
});
