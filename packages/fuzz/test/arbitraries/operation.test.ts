import { anyOperations, type Operation } from "@datawal/fuzz";
import fc from "fast-check";
import { expect, test } from "vitest";

const programs = fc.sample(anyOperations(), { numRuns: 500, seed: 1 });

test("every kind of operation comes up", () => {
  const kinds = new Set(programs.flat().map(({ kind }) => kind));

  expect([...kinds].sort()).toEqual(["append", "delete", "fsync", "put", "reopen", "rotate"]);
});

test("programs are of 0 to 60 operations, and long ones are common", () => {
  const lengths = programs.map((program) => program.length);

  expect(Math.min(...lengths)).toBe(0);
  expect(Math.max(...lengths)).toBe(60);
  expect(lengths.filter((length) => length > 20).length).toBeGreaterThan(100);
});

test("many programs overwrite a key, delete one that is there, and put it again", () => {
  expect(programs.filter(overwritesAndRevives).length).toBeGreaterThan(100);
});

function overwritesAndRevives(program: Operation[]): boolean {
  const [live, dead] = [new Set<string>(), new Set<string>()];
  let [overwrites, revives] = [false, false];
  for (const operation of program) {
    if (operation.kind !== "put" && operation.kind !== "delete") continue;
    const name = Buffer.from(operation.key).toString("hex");
    if (operation.kind === "put") {
      overwrites ||= live.has(name);
      revives ||= dead.delete(name);
      live.add(name);
    } else if (live.delete(name)) {
      dead.add(name);
    }
  }
  return overwrites && revives;
}
