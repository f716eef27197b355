import { Command } from "commander";
import type { DefineCommand } from "./command.js";

/** In place of commander's own, which answers with the whole help where there is no such command. */
export const defineHelp: DefineCommand = () => {
  const help = new Command("help")
    .description("Say what a command does, its options and exit codes, with examples.")
    .argument("[COMMAND]", "the command; all of them when absent");
  return help.action(async (name?: string) => {
    const program = help.parent!;
    const known = program.commands.find((command) => command.name() === name);
    if (name === undefined) program.help();
    else if (known) known.help();
    else await program.parseAsync([name], { from: "user" });
  });
};
