import type { Command, Option } from "commander";

/** What a shell may complete of a program, told by the program itself. */
export interface CommandWords {
  name: string;
  description: string;
  options: OptionWords[];
  subcommands: CommandWords[];
}

export interface OptionWords {
  /** With its dash. */
  short: string | undefined;
  /** With its dashes. */
  long: string;
  description: string;
  takesValue: boolean;
  /** The values it takes; empty where it takes any, or none. */
  choices: readonly string[];
}

export function commandWords(command: Command): CommandWords {
  const help = command.createHelp();
  return {
    name: command.name(),
    description: command.description(),
    options: help.visibleOptions(command).map(optionWords),
    subcommands: help.visibleCommands(command).map(commandWords),
  };
}

/** The words that an option is given by. */
export function optionFlags({ short, long }: OptionWords): string[] {
  return short === undefined ? [long] : [short, long];
}

function optionWords({ short, long, description, required, argChoices = [] }: Option): OptionWords {
  return { short, long: long!, description, takesValue: required, choices: argChoices };
}
