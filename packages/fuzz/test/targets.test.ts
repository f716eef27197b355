import { decodeNext, FrameDecoder } from "@datawal/format";
import {
  DECODER_OUTCOMES,
  decodeFrame,
  decodeStream,
  type FuzzTarget,
  fuzz,
  importJsonl,
  roundtrip,
  scanLog,
} from "@datawal/fuzz";
import { DataWal } from "datawal";
import { describe, expect, test } from "vitest";
import { IS_FULL_RUN } from "../../record-log/test/kit/seeded-random.js";

test.each([
  [importJsonl(), 1_000],
  [scanLog(), 200],
  [roundtrip(), 200],
])("$name holds for inputs of every seed", (target, executions) => {
  const { failure } = fuzz(target, { seed: 1, executions, isGuided: false });

  expect(failure).toBeUndefined();
});

test.each([decodeFrame(), decodeStream()])(
  "$name holds for inputs of every seed, and comes to every outcome of a decoder, at least 1 % each",
  (target) => {
    const { failure, outcomes, executions } = fuzz(target, {
      seed: 1,
      executions: IS_FULL_RUN ? 20_000 : 5_000,
      isGuided: false,
    });

    expect(failure).toBeUndefined();
    expect([...outcomes.keys()].sort()).toEqual([...DECODER_OUTCOMES].sort());
    for (const count of outcomes.values()) expect(count / executions).toBeGreaterThan(0.01);
  },
);

describe("a planted fault is found in a decoder that (canary)", () => {
  test("tells an end too far", () => {
    const target = decodeFrame({
      decode: (bytes, offset) => {
        const decoded = decodeNext(bytes, offset);
        return decoded.kind === "crc-mismatch" ? { ...decoded, end: decoded.end + 1 } : decoded;
      },
    });
    expect(fuzz(target, { seed: 1, executions: 1_000, isGuided: false }).failure).toBeDefined();
  });

  test("forgets the beginning of a chunk", () => {
    const stream = () => {
      const decoder = new FrameDecoder();
      return {
        push: (chunk: Uint8Array) => decoder.push(chunk.length === 11 ? chunk.subarray(1) : chunk),
        next: () => decoder.next(),
      };
    };
    const target = decodeStream({ decode: decodeNext, stream });
    expect(fuzz(target, { seed: 1, executions: 5_000, isGuided: false }).failure).toBeDefined();
  });
});

describe("a planted fault is found in (canary)", () => {
  const TEXT = new TextEncoder();
  const failed = (target: FuzzTarget, executions: number) =>
    fuzz(target, { seed: 1, executions, isGuided: false }).failure !== undefined;

  test("a store that cuts long values", () => {
    const target = roundtrip((fileSystem) => {
      const store = DataWal.openSync("/store", { fileSystem });
      return {
        put: (key, value) => store.put(key, value.length > 64 ? value.slice(0, -1) : value),
        get: (key) => store.get(key),
        closeSync: () => store.closeSync(),
      };
    });
    expect(failed(target, 500)).toBe(true);
  });

  test("an importer that takes any two members for a pair", () => {
    const target = importJsonl((fileSystem) => {
      const store = DataWal.openSync("/store", { fileSystem });
      return {
        get: (key) => store.get(key),
        closeSync: () => store.closeSync(),
        importJsonlSync: (chunks, options) => {
          const text = Buffer.concat([...chunks]).toString("latin1");
          return store.importJsonlSync([TEXT.encode(text.replaceAll('"key":', '"key_b64":'))], options);
        },
      };
    });
    expect(failed(target, 3_000)).toBe(true);
  });

  test("a log that finds a tail again that it has cut", () => {
    let opens = 0;
    const target = scanLog(() => ({ discarded: opens++ % 2 === 0 ? 1 : 2, records: 0 }));
    expect(failed(target, 10)).toBe(true);
  });
});
