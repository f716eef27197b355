import type { CommandWords, OptionWords } from "./command-words.js";

/** A script for fish: one line for each command and option. */
export function fishCompletion({ name, options, subcommands }: CommandWords): string {
  const commands = subcommands.map((command) => command.name).join(" ");
  const isMissing = `not __fish_seen_subcommand_from ${commands}`;
  return `# ${name} completion for fish: ${name} completion fish | source
complete -c ${name} -n "${isMissing}" -f
${options.map((option) => `complete -c ${name}${optionWords(option)}`).join("\n")}
${subcommands
  .flatMap((command) => [
    `complete -c ${name} -n "${isMissing}" -a ${command.name} -d ${quoted(command.description)}`,
    ...command.options.map(
      (option) =>
        `complete -c ${name} -n "__fish_seen_subcommand_from ${command.name}"${optionWords(option)}`,
    ),
  ])
  .join("\n")}
`;
}

function optionWords({ short, long, description, takesValue, choices }: OptionWords): string {
  const letter = short === undefined ? "" : ` -s ${short.slice(1)}`;
  const value = choices.length > 0 ? ` -x -a ${quoted(choices.join(" "))}` : takesValue ? " -r" : "";
  return `${letter} -l ${long.slice(2)} -d ${quoted(description)}${value}`;
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, "\\$&")}'`;
}
