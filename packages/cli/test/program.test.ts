import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { Output, OutputClosed } from "../src/output/output.js";
import { run } from "../src/program.js";
import { runCommand } from "./kit/run-command.js";
import {
  damagedStore,
  fixtureStore,
  freshPath,
  madeStore,
  PAIRS,
  segmentPath,
  tornStore,
} from "./kit/stores.js";

/** Every command with all it needs, the store in place of STORE. */
const COMMAND_LINES = [
  ["scan", "STORE"],
  ["report", "STORE"],
  ["verify", "STORE"],
  ["get", "STORE", "--key", "key-1"],
  ["export", "STORE", "OUT"],
  ["compact", "STORE", "OUT"],
].map((words) => ({ name: words[0]!, words }));

function line(words: readonly string[], store: string): string[] {
  return words.map((word) => (word === "STORE" ? store : word === "OUT" ? freshPath("out") : word));
}

test.each(COMMAND_LINES)(
  "$name of a missing store fails, makes nothing, and names a store near it",
  async ({ words }) => {
    const store = fixtureStore("smoke");
    const missing = join(dirname(store), "smoek");
    const { code, stdout, stderr } = await runCommand(line(words, missing));
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toBe(
      `datawal: error: ${missing}: expected a store (a directory with segments such as 00000001.dwal), found nothing; did you mean ${store}?\n`,
    );
  },
);

test.each(COMMAND_LINES)("$name of a directory without a segment, or of a file, fails", async ({ words }) => {
  const directory = freshPath("directory");
  mkdirSync(directory);
  const empty = await runCommand(line(words, directory));
  expect(empty.code).toBe(1);
  expect(empty.stderr).toContain("found a directory without one");
  writeFileSync(join(directory, "file"), "");
  const file = await runCommand(line(words, join(directory, "file")));
  expect(file.code).toBe(1);
  expect(file.stderr).toContain("found something that is no directory");
});

test("a swap that was interrupted is told, with the command that takes it back", async () => {
  const store = fixtureStore("smoke");
  renameSync(store, `${store}.old`);
  const { code, stderr } = await runCommand(["verify", store]);
  expect(code).toBe(1);
  expect(stderr).toContain(`to take it back: mv ${store}.old ${store}\n`);
});

test.each([
  [["no-such-command"], "unknown command 'no-such-command'"],
  [["verfy", "store"], "(Did you mean verify?)"],
  [["verify"], "missing required argument 'STORE'"],
  [["verify", "a", "b"], "too many arguments"],
  [["verify", "a", "--nonsense"], "unknown option '--nonsense'"],
  [["scan", "a", "--bytes", "octal"], "Allowed choices are auto, raw, base64, hex;"],
])("the usage error %j is 1", async (argv, message) => {
  const { code, stdout, stderr } = await runCommand(argv);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^datawal: error: /);
  expect(stderr).toContain(message);
});

test("without a command the help is printed, and that is an error", async () => {
  const { code, stderr } = await runCommand([]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^Usage: datawal /);
});

test("help of a command is what its --help prints", async () => {
  expect(await runCommand(["help", "scan"])).toEqual(await runCommand(["scan", "--help"]));
  expect(await runCommand(["help"])).toEqual(await runCommand(["--help"]));
});

test("help and version are 0 and go to stdout", async () => {
  expect(await runCommand(["--help"])).toMatchObject({ code: 0, stderr: "" });
  expect((await runCommand(["scan", "--help"])).stdout).toMatch(/--json +print JSON/);
  expect((await runCommand(["--version"])).stdout).toMatch(
    /^datawal \d+\.\d+\.\d+, wire version 1, Node\.js v\d+\.\d+\.\d+\n$/,
  );
});

test("what stands on a narrow terminal is broken between words, and a command to copy is not", async () => {
  const store = await damagedStore();
  const lines: string[] = [];
  for (const argv of [
    ["verify", store],
    ["get", store, "--key", "key-1"],
    ["put", store, "v", "--key", "k"],
    ["scan", "--limit", "x"],
  ]) {
    const { stdout, stderr } = await runCommand([...argv, "--color", "never"], 60);
    lines.push(...`${stdout}${stderr}`.split("\n"));
  }
  for (const line of lines.filter((text) => text.length > 60))
    expect(line).toMatch(/^ *(datawal \w+ .*|\S*)$/);
  expect(lines.filter((line) => line.includes("datawal repair"))).toHaveLength(3);
  for (const line of lines.filter((text) => text.includes("datawal repair")))
    expect(line).toMatch(/ --to NEW$/);
});

test("help fits a narrow terminal", async () => {
  for (const { name } of COMMAND_LINES) {
    const { stdout } = await runCommand([name, "--help"], 60);
    expect(Math.max(...stdout.split("\n").map((text) => text.length))).toBeLessThanOrEqual(60);
  }
});

test("--verbose adds what caused an error, and no stack", async () => {
  const { stderr } = await runCommand(["verify", freshPath("missing"), "--verbose"]);
  expect(stderr.trimEnd().split("\n")).toHaveLength(2);
  expect(stderr).toMatch(/\n {2}caused by: .*expected a store's directory, found nothing/);
});

test("names with escape sequences are escaped on stderr", async () => {
  const { stderr } = await runCommand(["verify", freshPath("\x1b[31mred")]);
  expect(stderr).toContain("\\x1b[31mred");
  expect(stderr).not.toContain("\x1b");
});

const closedOutput = () =>
  new Output(async () => {
    throw new OutputClosed();
  });

// `verify damaged | true` said that all was well, whichever of the two was quicker.
test("a reader that goes away leaves the verdict what it is, and is told nothing", async () => {
  const torn = await tornStore();
  for (const command of ["scan", "verify", "check", "stats", "report", "tail", "keys", "get"])
    for (const further of [[], ["--json"]]) {
      const line = [command, torn, ...(command === "get" ? ["--key", "no such key"] : []), ...further];
      const { code, stderr } = await runCommand(line);
      const written: Uint8Array[] = [];
      const errors = new Output(async (piece) => void written.push(piece));
      expect(await run(line, { stdout: closedOutput(), stderr: errors }), line.join(" ")).toBe(code);
      expect(Buffer.concat(written).toString()).toBe(stderr);
    }
});

test("a reader that goes away before the end ends a command quietly with 0", async () => {
  const store = await madeStore(
    Array.from({ length: 3000 }, (_, n) => [`key ${n}`, "x".repeat(40)] as const),
  );
  const stderr = new Output(async () => undefined);
  expect(await run(["scan", store], { stdout: closedOutput(), stderr })).toBe(0);
});

test("a write that fails for another reason is told once, and is 1", async () => {
  const full = new Output(async () => {
    throw new Error("no space left");
  });
  const written: Uint8Array[] = [];
  const stderr = new Output(async (piece) => void written.push(piece));
  expect(await run(["scan", fixtureStore("smoke")], { stdout: full, stderr })).toBe(1);
  expect(Buffer.concat(written).toString()).toBe("datawal: error: no space left\n");
});

test("nobody to tell a failure to is no failure of its own", async () => {
  const stdout = new Output(async () => undefined);
  const closed = new Output(async () => {
    throw new OutputClosed();
  });
  expect(await run(["scan", await tornStore()], { stdout, stderr: closed })).toBe(2);
});

// The reference's line "tail_bytes_discarded" counts what a look has found, and nothing was discarded by it.
test.each(["report", "verify", "check", "scan", "get", "stats", "keys"])(
  "%s calls nothing discarded that it has only found",
  async (command) => {
    const torn = await tornStore();
    const key = command === "get" ? ["k"] : [];
    const { stdout, stderr } = await runCommand([command, torn, ...key]);
    expect(`${stdout}${stderr}`.replaceAll("tail_bytes_discarded", "")).not.toMatch(/discard/i);
  },
);

test("a path below a file is a missing store", async () => {
  const { code, stderr } = await runCommand(["verify", `${segmentPath(await madeStore(PAIRS))}/deeper`]);
  expect(code).toBe(1);
  expect(stderr).toContain("expected a store");
});

test.each(["--quiet", "-q"])("%s leaves out what is no result and no error", async (quietly) => {
  const torn = await tornStore();
  const loud = await runCommand(["scan", torn]);
  const quiet = await runCommand(["scan", torn, quietly]);
  expect(loud.stderr).not.toBe("");
  expect(quiet).toEqual({ ...loud, stderr: "" });
  expect((await runCommand(["scan", freshPath("missing"), "--quiet"])).stderr).toMatch(/^datawal: error: /);
});

test.each([
  [
    ["put", "s", "k", "v", "w"],
    "error: too many arguments for 'put'. Expected 3 arguments but got 4;",
    "help put",
  ],
  [["put", "s"], "pass exactly one of KEY, --key, --key-base64, or --key-hex", "help put"],
  [["put", "s", "k"], "expected VALUE, - for standard input, or --file FILE, found neither", "help put"],
  [["put", "s", "k", "v", "--key", "k"], "pass exactly one of KEY, --key,", "help put"],
  [["get"], "error: missing required argument 'STORE'", "help get"],
  [
    ["scan", "s", "--form-segment", "1"],
    "error: unknown option '--form-segment' (Did you mean --from-segment?)",
    "help scan",
  ],
  [["repair", "s"], "found neither", "help repair"],
  [["skan"], "error: unknown command 'skan'", "help"],
  [["help", "skan"], "error: unknown command 'skan' (Did you mean scan?)", "help"],
])("a wrong command line, %j, is told with where to read on", async (argv, what, next) => {
  const { code, stderr } = await runCommand(argv);
  expect([code, stderr]).toEqual([1, expect.stringContaining(what)]);
  expect(stderr).toMatch(new RegExp(`; see: datawal ${next}\n$`));
  expect((await runCommand(next.split(" "))).code).toBe(0);
});
