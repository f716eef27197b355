import { type CommandWords, type OptionWords, optionFlags } from "./command-words.js";

/** A script for bash 3.2 or later: words of the program, else files. */
export function bashCompletion({ name, options, subcommands }: CommandWords): string {
  const commands = subcommands.map((command) => command.name);
  const valued = [...options, ...subcommands.flatMap((command) => command.options)];
  return `# ${name} completion for bash: eval "$(${name} completion bash)"
_${name}() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command= at
  for at in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $at in ${commands.join("|")}) command=$at; break ;; esac
  done
  COMPREPLY=()
  case $previous in
${[...new Set(valued.flatMap(choiceCases))].join("\n")}
  esac
  case $command:$word in
    :-*) ${reply(options.flatMap(optionFlags))} ;;
    :*) ${reply(commands)} ;;
${subcommands.map((command) => optionCase(command, options)).join("\n")}
  esac
}
complete -o default -F _${name} ${name}
`;
}

/** What is offered behind an option that takes one of a few values; two commands may share it. */
function choiceCases(option: OptionWords): string[] {
  if (option.choices.length === 0) return [];
  return [`    ${optionFlags(option).join("|")}) ${reply(option.choices)}; return ;;`];
}

function optionCase({ name, options }: CommandWords, globalOptions: readonly OptionWords[]): string {
  return `    ${name}:-*) ${reply([...options, ...globalOptions].flatMap(optionFlags))} ;;`;
}

function reply(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$word"))`;
}
