import { expect, test } from "vitest";
import { SoakModel } from "../../../src/layers/soak/soak-model.js";
import { idOf, type SoakRecord, soakStep, valueBytes } from "../../../src/layers/soak/soak-step.js";

const steps = Array.from({ length: 5_000 }, (_, place) => soakStep(7, place));
const records = steps.flatMap((step) => (step.do === "write" ? step.records : []));

test("a step is the same whenever its place is asked for, and each kind of step is taken", () => {
  expect(soakStep(7, 4_321)).toEqual(steps[4_321]);
  expect(new Set(steps.map((step) => step.do))).toEqual(
    new Set(["write", "read", "fsync", "fsyncSync", "compact"]),
  );
  expect(new Set(records.map(({ isPut }) => isPut))).toEqual(new Set([true, false]));
});

test("no two records have one number, and a value tells its own", () => {
  expect(new Set(records.map(({ id }) => id)).size).toBe(records.length);
  expect(records.map((record) => idOf(valueBytes(record)))).toEqual(records.map(({ id }) => id));
});

const put = (key: number, id: number): SoakRecord => ({ key, id, isPut: true });
const HELD: [number, number][] = [
  [1, 10],
  [2, 12],
];

test.each<[string, [number, number][], string]>([
  ["a key that is gone", [[1, 10]], "key 2 is gone, expected record 12"],
  ["a key that came back", [...HELD, [3, 11]], "key 3 has the value of record 11, expected none"],
  ["an older value", [[1, 9], HELD[1]!], "key 1 has the value of record 9, expected record 10"],
])("a store with %s is not the model's", (_, found, expected) => {
  const model = new SoakModel();
  for (const record of [put(1, 9), put(1, 10), put(3, 11), put(2, 12), { ...put(3, 13), isPut: false }])
    model.apply(record);
  const pairsOf = (ids: [number, number][]) =>
    new Map(ids.map(([key, id]) => [key, valueBytes({ key, id })]));
  expect(model.differenceTo(pairsOf(HELD))).toBeUndefined();
  expect(model.differenceTo(pairsOf(found))).toBe(expected);
});
