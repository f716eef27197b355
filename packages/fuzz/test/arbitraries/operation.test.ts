import { anyLogOperations, anyStoreOperations, type StoreOperation } from "@datawal/fuzz";
import fc from "fast-check";
import { expect, test } from "vitest";

const programs = fc.sample(anyStoreOperations(), { numRuns: 300, seed: 1 });
const kindsIn = (all: readonly { do: string }[][]) => [...new Set(all.flat().map((each) => each.do))].sort();

test("every kind of operation comes up", () => {
  const common = ["crash", "fsync", "look", "reopen", "rotate"];
  expect(kindsIn(programs)).toEqual([...common, "batch", "change", "compact", "put many", "swap"].sort());
  const logPrograms = fc.sample(anyLogOperations(), { numRuns: 100, seed: 1 });
  expect(kindsIn(logPrograms)).toEqual([...common, "append", "append group", "append many", "drop"].sort());
});

test("programs are of 0 to 60 operations, and long ones are common", () => {
  const lengths = programs.map((program) => program.length);

  expect(Math.min(...lengths)).toBe(0);
  expect(Math.max(...lengths)).toBe(60);
  expect(lengths.filter((length) => length > 20).length).toBeGreaterThan(60);
});

test("many programs overwrite a key, delete one that is there, and put it again", () => {
  expect(programs.filter(overwritesAndRevives).length).toBeGreaterThan(30);
});

function overwritesAndRevives(program: StoreOperation[]): boolean {
  const [live, dead] = [new Set<string>(), new Set<string>()];
  let [overwrites, revives] = [false, false];
  const changes = program.flatMap((operation) =>
    operation.do === "change" ? [operation.change] : operation.do === "batch" ? operation.changes : [],
  );
  for (const { type, key } of changes) {
    const name = Buffer.from(key).toString("hex");
    if (type === "put") {
      overwrites ||= live.has(name);
      revives ||= dead.delete(name);
      live.add(name);
    } else if (live.delete(name)) {
      dead.add(name);
    }
  }
  return overwrites && revives;
}
