import { type CommandWords, type OptionWords, optionFlags } from "./command-words.js";

/** A script for zsh's completion system: words of the program, else files. */
export function zshCompletion({ name, options, subcommands }: CommandWords): string {
  const described = subcommands.map((command) => quoted(`${command.name}:${command.description}`));
  const cases = subcommands.map(
    (command) =>
      `        ${command.name}) _arguments ${optionSpecs([...command.options, ...options])} '*:file:_files' ;;`,
  );
  return `#compdef ${name}
# ${name} completion for zsh: eval "$(${name} completion zsh)"
_${name}() {
  local line state
  _arguments -C ${optionSpecs(options)} '1: :->command' '*:: :->rest'
  case $state in
    command)
      local -a commands=(
        ${described.join("\n        ")}
      )
      _describe command commands ;;
    rest)
      case $line[1] in
${cases.join("\n")}
      esac ;;
  esac
}
compdef _${name} ${name}
`;
}

/** `--name[description]:value:(choices)` for each of an option's flags. */
function optionSpecs(options: readonly OptionWords[]): string {
  return options.flatMap((option) => optionFlags(option).map((flag) => optionSpec(flag, option))).join(" ");
}

function optionSpec(flag: string, { description, takesValue, choices }: OptionWords): string {
  const values = choices.length > 0 ? `(${choices.join(" ")})` : "_files";
  const text = description.replace(/[[\]\\:]/g, "\\$&");
  return quoted(`${flag}[${text}]${takesValue ? `:value:${values}` : ""}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
