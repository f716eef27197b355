import { Argument, Command } from "commander";
import { bashCompletion } from "../completion/bash.js";
import { commandWords } from "../completion/command-words.js";
import { fishCompletion } from "../completion/fish.js";
import { zshCompletion } from "../completion/zsh.js";
import { ExitCode } from "../exit-code.js";
import type { DefineCommand } from "./command.js";

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

interface CompletionArguments {
  shell: keyof typeof SHELLS;
}

export const defineCompletion: DefineCommand = (act) => {
  const command = new Command("completion")
    .description("Print a script that lets a shell complete commands and options.")
    .addArgument(new Argument("<SHELL>", "the shell").choices(Object.keys(SHELLS)));
  return command.action(
    act<CompletionArguments>(async ({ shell }, { stdout }) => {
      stdout.write(SHELLS[shell](commandWords(command.parent!)));
      return ExitCode.fine;
    }),
  );
};
