import type { Command } from "commander";

interface HelpText {
  group: keyof typeof GROUPS;
  examples: readonly [string, string];
  /** By exit code, what it says here; those that any command may end with are told by {@link addHelpText}. */
  exitCodes: Readonly<Record<number, string>>;
}

const GROUPS = {
  see: "See what is there (no lock, nothing is written):",
  copy: "Copy and save (the store itself is only read):",
  change: "Change a store (under its lock, durably):",
  shell: "The command itself:",
};

const VERDICT = {
  0: "intact",
  2: "a torn tail, which a crash explains",
  3: "corruption; to see it: datawal verify STORE",
};
const COPIED = { 0: "done", 2: "done, up to a torn tail", 3: "corruption: nothing was written" };
const CHANGED = { 0: "done, and durable" };
const DONE = { 0: "done" };

const TEXTS: Readonly<Record<string, HelpText>> = {
  scan: see(["scan store -n 20", "scan store --json | jq .txid"]),
  dump: see(["dump store -n 20", "dump store --bytes hex"]),
  tail: see(["tail store -n 5", "tail store -f"]),
  cat: see(["cat store", "cat store -f | jq .event"]),
  report: see(["report store", "report store --html store.html"]),
  verify: see(["verify store", "verify damaged --json"]),
  check: see(["check store", "check store --quiet"]),
  stats: see(["stats store", "stats store --json"]),
  get: see(["get store user:1", "get store -k user:1 --bytes raw > value"], {
    0: "the value was printed",
    2: "there is no such key",
    3: "corruption: the value may not be the newest",
  }),
  keys: see(["keys store --prefix user:", "keys store --count"]),
  diff: see(["diff store copy", "diff store copy --json"], {
    0: "the same keys, with the same values",
    2: "not the same",
    3: "corruption: nothing was compared",
  }),
  locks: see(["locks store", "locks store --json"], DONE),
  export: copy(["export store out.jsonl", "export store - | gzip > pairs.gz"]),
  compact: copy(["compact store smaller", "compact store --in-place"]),
  snapshot: copy(["snapshot store backup", "snapshot store backup --json"]),
  repair: copy(["repair damaged --dry-run", "repair damaged --to saved"], {
    0: "all is saved",
    2: "saved but for what is listed",
    3: "nothing can be saved",
  }),
  put: change(["put store user:1 Ada --create", "put store photo --file photo.png"]),
  delete: change(["delete store user:1", "delete store --key-hex ff00"], {
    ...CHANGED,
    2: "there is no such key",
  }),
  import: change(["import store pairs.jsonl", "import store events.log --raw"]),
  rotate: change(["rotate store", "rotate store --json"]),
  swap: change(["swap store copy", "swap store copy --force"]),
  completion: shell(["completion bash > datawal.bash", "completion fish | source"]),
  help: shell(["help get", "help"]),
};

function see(examples: HelpText["examples"], exitCodes: HelpText["exitCodes"] = VERDICT): HelpText {
  return { group: "see", examples, exitCodes };
}

function copy(examples: HelpText["examples"], exitCodes: HelpText["exitCodes"] = COPIED): HelpText {
  return { group: "copy", examples, exitCodes };
}

function change(examples: HelpText["examples"], exitCodes: HelpText["exitCodes"] = CHANGED): HelpText {
  return { group: "change", examples, exitCodes };
}

function shell(examples: HelpText["examples"]): HelpText {
  return { group: "shell", examples, exitCodes: DONE };
}

/** Puts a command among those of its kind, and two examples and its exit codes behind its options. */
export function addHelpText(command: Command): Command {
  const { group, examples, exitCodes } = TEXTS[command.name()]!;
  const codes = Object.entries({ ...exitCodes, 1: "it cannot go on, and says why" });
  return command.helpGroup(GROUPS[group]).addHelpText(
    "after",
    `
Examples:
${examples.map((example) => `  datawal ${example}`).join("\n")}

Exit codes:
${codes.map(([code, meaning]) => `  ${code}  ${meaning}`).join("\n")}`,
  );
}
