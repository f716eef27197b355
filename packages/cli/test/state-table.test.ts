import { isUtf8 } from "node:buffer";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, expect, test } from "vitest";
import { allOrSample, IS_FULL_RUN } from "../../record-log/test/kit/seeded-random.js";
import { asNobody } from "./kit/as-nobody.js";
import { expectLinesOfSchema } from "./kit/json-schema.js";
import { type Ran, runCommand } from "./kit/run-command.js";
import { STATES, type StateOfStore } from "./kit/store-states.js";
import {
  fingerprint,
  fixtureNames,
  fixtureStore,
  freshPath,
  madeStore,
  manifest,
  PAIRS,
} from "./kit/stores.js";
import table from "./state-table.json";

// docs/cli.md shows the same table. A cell is `CODE STDOUT STDERR`: the exit code; whether there is a result; whether
// stderr is empty, has a note, a whole report, or an error.
const commands: Record<string, Record<string, string>> = table.commands;
const storeCommands = await commandsOfStores();

/** The commands that the program itself says take a store. */
async function commandsOfStores(): Promise<string[]> {
  const { stdout } = await runCommand(["--help"]);
  return [...stdout.matchAll(/^ {2}(\w+) .*<STORE>/gm)].map(([, name]) => name!);
}

test("every command has a row, every state a column, and no more", () => {
  expect(storeCommands.length).toBeGreaterThanOrEqual(9);
  expect(Object.keys(table.commands).sort()).toEqual([...storeCommands].sort());
  expect(Object.keys(table.states)).toEqual(Object.keys(STATES));
  for (const { line: _, ...cells } of Object.values(commands)) {
    expect(Object.keys(cells)).toEqual(Object.keys(STATES));
  }
});

/** What a command prints for programs, and in a full run for people, too. */
const FORMS = IS_FULL_RUN ? [[], ["--json"]] : [["--json"]];

const cells = Object.entries(commands).flatMap(([command, { line, ...row }]) =>
  Object.entries(row).map(([state, cell]) => ({ command, line: line!, state, cell })),
);

/** Of the cells, all in a full run. */
const tried = allOrSample(0, cells.length - 1, 40).map((index) => cells[index]!);

test.each(tried)("$command of a store that is $state: $cell", async ({ command, line, state, cell }) => {
  const isChanging = table.changing.includes(command);
  for (const form of FORMS) {
    const { store, end } = isChanging ? await STATES[state]!() : await unchanged(state);
    const places = placesFor(store);
    const argv = [...words(line.replace("OTHER", await otherStore(line, store)), places), ...form];
    openToAll(dirname(store));
    const ran = await (state === "unreadable" ? asNobody(() => runCommand(argv)) : runCommand(argv));
    if (isChanging) await end?.();
    expect(describe(ran)).toBe(cell);
    if (form.length > 0) expectLinesOfSchema(ran.stdout);
    if (cell.split(" ")[1] === "-") expect(existsSync(places.OUT)).toBe(false);
  }
});

/** One store in each state is enough for all commands that change none. */
const made = new Map<string, Promise<StateOfStore>>();

function unchanged(state: string): Promise<StateOfStore> {
  const store = made.get(state) ?? STATES[state]!();
  made.set(state, store);
  return store;
}

afterAll(async () => {
  for (const store of made.values()) await (await store).end?.();
});

/** A compacted copy, where the store's state allows one. */
async function otherStore(line: string, store: string): Promise<string> {
  if (!line.includes("OTHER")) return "";
  const copy = freshPath("copy");
  await runCommand(["compact", store, copy]);
  return existsSync(copy) ? copy : await madeStore(PAIRS);
}

/** What a command line of the table needs besides the store: where to write, what to read. */
function placesFor(store: string) {
  const [OUT, IN] = [freshPath("out"), freshPath("in")];
  for (const path of [OUT, IN]) openToAll(dirname(path));
  writeFileSync(IN, '{"key_b64":"aw==","value_b64":"dg=="}\n');
  return { STORE: store, OTHER: store, OUT, IN };
}

/** Whether a golden store is as one that the table knows; the reference refuses to open the damaged ones. */
function stateOfFixture(name: string): string {
  const { open_error, report } = manifest[name]!;
  if (open_error !== undefined) return "damaged";
  return report.tail_truncated === 1 ? "torn" : "intact";
}

const readings = cells.filter(({ command }) => !table.changing.includes(command));

test.each(allOrSample(0, fixtureNames.length - 1, 2).map((index) => fixtureNames[index]!))(
  "on %s every reading command is as on a store in its state, and changes nothing",
  async (name) => {
    const store = fixtureStore(name);
    const before = fingerprint(store);
    const key = await someKey(store);
    for (const { command, line, cell } of readings.filter(({ state }) => state === stateOfFixture(name))) {
      for (const form of FORMS) {
        const places = { ...placesFor(store), "key-1": key ?? "no such key" };
        const ran = await runCommand([...words(line, places), ...form]);
        const code = EXCEPTIONS[command]?.(name, key) ?? Number(cell[0]);
        expect({ line, code: ran.code }).toEqual({ line, code });
        if (form.length > 0) expectLinesOfSchema(ran.stdout);
      }
    }
    expect(fingerprint(store)).toBe(before);
  },
);

/** What depends on more than the state: whether there is the key, or anything at all to save. */
const EXCEPTIONS: Readonly<Record<string, (fixture: string, key: string | undefined) => number | undefined>> =
  {
    get: (fixture, key) => (key === undefined && stateOfFixture(fixture) !== "damaged" ? 2 : undefined),
    repair: (fixture) => (["empty", "unknown_version"].includes(fixture) ? 3 : undefined),
  };

/** A live key that is text; a damaged store tells none. */
async function someKey(store: string): Promise<string | undefined> {
  const pairs = freshPath("pairs.jsonl");
  if ((await runCommand(["export", store, pairs])).code === 3) return undefined;
  const lines = readFileSync(pairs, "utf8").split("\n").slice(0, -1);
  return lines
    .map((line) => Buffer.from(JSON.parse(line).key_b64, "base64"))
    .find((key) => isUtf8(key) && /^\w/.test(key.toString()))
    ?.toString();
}

function words(line: string, places: Readonly<Record<string, string>>): string[] {
  return line.split(" ").map((word) => places[word] ?? word);
}

/** What a command did, as a cell of the table. */
function describe({ code, stdout, stderr }: Ran): string {
  return `${code} ${stdout === "" ? "-" : "result"} ${kindOf(stderr)}`;
}

function kindOf(stderr: string): string {
  if (stderr === "") return "-";
  if (/^datawal: error: .*\n$/.test(stderr)) return "error";
  if (/^datawal: \w+: .*\n$/.test(stderr)) return "note";
  return /^datawal: \w+: .*\nschema: [\s\S]*\nverdict: /.test(stderr) ? "report" : stderr;
}

function openToAll(directory: string): void {
  chmodSync(directory, 0o777);
  chmodSync(dirname(directory), 0o755);
}
