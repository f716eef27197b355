import { fuzz } from "@datawal/fuzz";
import { expect, test } from "vitest";
import { fuzzSuite } from "../src/suite.js";
import { cliKey } from "../src/targets/cli-key.js";

const { targets } = fuzzSuite(new URL("none:"));

test.each(targets.map(({ target }) => [target.name, target] as const))(
  "%s: every seed and all of the corpus pass",
  (_, target) => {
    for (const input of target.seeds)
      expect(() => target.run(input), Buffer.from(input).toString("hex")).not.toThrow();
    expect(target.seeds.length).toBeGreaterThan(0);
  },
);

test("two thirds of the executions go to the decoder and the stream, and all come to 2,000,000", () => {
  const sum = (names: readonly string[]) =>
    targets.reduce(
      (count, { target, executions }) => count + (names.includes(target.name) ? executions : 0),
      0,
    );
  const all = sum(targets.map(({ target }) => target.name));

  expect(all).toBeGreaterThanOrEqual(2_000_000);
  expect(sum(["decode_frame", "decode_stream"])).toBeGreaterThanOrEqual((all * 2) / 3);
});

test("a lenient decoder of keys is found (canary)", () => {
  const lenient = cliKey(({ keyBase64 = "", keyHex = "" }) => Buffer.from(keyBase64 || keyHex, "base64"));
  expect(fuzz(lenient, { seed: 1, executions: 100, isGuided: false }).failure).toBeDefined();
});
