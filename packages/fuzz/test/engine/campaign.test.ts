import { type FuzzTarget, fuzz } from "@datawal/fuzz";
import { expect, test } from "vitest";

/** A bug behind four checks, each of one byte. */
const planted: FuzzTarget = {
  name: "planted",
  seeds: [new Uint8Array(8)],
  run: (input) => {
    if (input[1] === 0x7f) {
      if (input[3] === 0x44) {
        if (input[5] === 0x80) {
          if (input[6] === 0x91) throw new Error("the planted bug");
        }
      }
    }
    return "fine";
  },
};
const EXECUTIONS = 200_000;

test("a bug behind four checks is found by coverage, and made as small as it can be", () => {
  const { failure, found } = fuzz(planted, { seed: 1, executions: EXECUTIONS });

  expect(failure?.error).toMatchObject({ message: "the planted bug" });
  expect([...failure!.shrunk]).toEqual([0, 0x7f, 0, 0x44, 0, 0x80, 0x91]);
  expect(found.length).toBeGreaterThanOrEqual(3);
});

test("without coverage it is not, in as many executions (canary)", () => {
  const result = fuzz(planted, { seed: 1, executions: EXECUTIONS, isGuided: false });

  expect(result).toMatchObject({ failure: undefined, executions: EXECUTIONS, blocks: 0 });
});

test("the same seed gives the same inputs", () => {
  const inputsOf = (seed: number) => {
    const inputs: string[] = [];
    const run = (input: Uint8Array) => {
      inputs.push(Buffer.from(input).toString("hex"));
      return "fine";
    };
    fuzz({ ...planted, run }, { seed, executions: 100, isGuided: false });
    return inputs;
  };

  expect(inputsOf(7)).toEqual(inputsOf(7));
  expect(inputsOf(7)).not.toEqual(inputsOf(8));
});

test("a way to end that is rare has its share: one in a million bytes, once it is known", () => {
  const rare: FuzzTarget = {
    name: "rare",
    seeds: [new Uint8Array(6), Uint8Array.of(0xde, 0xad, 0xbe, 0, 0, 0)],
    run: ([one, two, three]) => (one === 0xde && two === 0xad && three === 0xbe ? "rare" : "common"),
  };
  const { outcomes, executions } = fuzz(rare, { seed: 1, executions: 20_000, isGuided: false });

  expect(outcomes.get("rare")! / executions).toBeGreaterThan(0.1);
});
