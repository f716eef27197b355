import { decodeNext } from "@datawal/format";
import { expect, test } from "vitest";
import { Random } from "../../../src/kit/random.js";
import { mutatedBuffer } from "../../../src/sections/decoder/mutated-buffer.js";
import { OUTCOMES, outcomeName } from "../../../src/sections/decoder/outcome.js";

test("mutated buffers come out in every way, each in at least one of a hundred", () => {
  const random = new Random(1);
  const counts = new Map<string, number>(OUTCOMES.map((name) => [name, 0]));
  const total = 20_000;
  for (let done = 0; done < total; done++) {
    const { bytes, offset } = mutatedBuffer(random);
    const name = outcomeName(decodeNext(bytes, offset), bytes.length - offset);
    counts.set(name, counts.get(name)! + 1);
  }
  expect([...counts].filter(([, count]) => count < total / 100)).toEqual([]);
  expect(counts.size).toBe(OUTCOMES.length);
});
