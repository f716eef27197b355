import {
  type FuzzSuite,
  type FuzzTarget,
  keepsPairs,
  runCommand,
  type SuiteLaw,
  simulatedStore,
} from "@datawal/fuzz";
import fc from "fast-check";
import { expect, test } from "vitest";

const lawOf = (law: unknown, runs = 50): SuiteLaw => ({ law: law as SuiteLaw["law"], runs });
const target: FuzzTarget = {
  name: "long",
  seeds: [Uint8Array.of(1, 2, 3)],
  run: (input) => {
    if (input.length > 5) throw new Error("too long");
    return "short";
  },
};
const suite: FuzzSuite = {
  laws: {
    holds: lawOf(fc.property(fc.nat(), () => true)),
    fails: lawOf(fc.property(fc.nat(), (n) => n < 10)),
  },
  targets: [{ target, executions: 5_000 }],
};

async function command(...argv: string[]) {
  const lines: string[] = [];
  const files: Record<string, string> = {};
  const code = await runCommand(argv, {
    suite,
    load: async () => ({ default: { laws: { other: lawOf(keepsPairs(simulatedStore), 1) }, targets: [] } }),
    read: (path) => files[path] ?? "input: 010203040506\n",
    write: (_, name, text) => {
      files[name] = text;
      return name;
    },
    print: (line) => lines.push(line),
  });
  return { code, files, text: lines.join("\n") };
}

test("runs all, prints a row for each and a count, and fails where one has", async () => {
  const { code, text } = await command("--seed", "1");

  expect(code).toBe(1);
  expect(text).toMatch(/^holds +50 .* holds$/m);
  expect(text.split("\n").at(-1)).toBe("1 passed, 2 failed");
});

test("a law that fails is told with the shrunk case, and how it is run again", async () => {
  const { files } = await command("fails", "--seed", "1");

  expect(files["fails.txt"]).toMatch(
    /^law fails does not hold\nagain: datawal-fuzz fails --seed 1 --path \S+\ncase: \[10\]/,
  );
  const [, path] = / --path (\S+)/.exec(files["fails.txt"]!)!;
  const again = await command("fails", "--seed", "1", "--path", path!);
  expect(again.text).toContain("case: [10]");
});

test("a target that fails leaves a reproducer, which --input runs again", async () => {
  const { files } = await command("long", "--seed", "1");

  expect(files["long.txt"]).toMatch(/^target long fails\ninput: (00){6}\nError: too long/);
  const again = await command("long", "--input", "long.txt");
  expect(again).toMatchObject({ code: 1, text: expect.stringContaining("too long") });
});

test("--minutes bounds the time, --list names what there is, --suite brings another", async () => {
  expect((await command("holds", "--minutes", "0.001")).code).toBe(0);
  expect((await command("--list")).text).toBe("law holds\nlaw fails\ntarget long");
  expect((await command("--suite", "mine.js", "--seed", "1")).text).toContain("other");
});

test.each([["nothing"], ["holds", "--seed", "x"], ["--what"], ["holds", "--input", "file"]])(
  "what cannot be understood is refused: %s %s %s",
  async (...argv) => {
    const { code, text } = await command(...argv);
    expect(code).toBe(1);
    expect(text).toMatch(/^datawal-fuzz: .*; see: datawal-fuzz --help$/s);
  },
);
