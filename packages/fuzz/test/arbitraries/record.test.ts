import { encodeRecord, RecordType } from "@datawal/format";
import { anyKey, anyPayload, anyRecord, anyTxid } from "@datawal/fuzz";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

/** The same samples in every run. */
function sample<T>(arbitrary: fc.Arbitrary<T>, count = 2_000): T[] {
  return fc.sample(arbitrary, { numRuns: count, seed: 1 });
}

test("every record can be encoded", () => {
  fc.assert(fc.property(anyRecord(), (record) => encodeRecord(record).length >= 28));
});

test("every type comes up", () => {
  const types = new Set(sample(anyRecord()).map(({ type }) => type));

  expect(types).toEqual(new Set(Object.values(RecordType)));
});

describe("keys", () => {
  const keys = sample(anyKey());

  test("are of 0 to 40 bytes", () => {
    const lengths = keys.map((key) => key.length);

    expect(Math.min(...lengths)).toBe(0);
    expect(Math.max(...lengths)).toBe(40);
  });

  test("recur, and some are no UTF-8", () => {
    const names = keys.map((key) => Buffer.from(key).toString("hex"));
    const strict = new TextDecoder("utf-8", { fatal: true });

    expect(new Set(names).size).toBeLessThan(names.length / 2);
    expect(keys.some((key) => !isDecodable(key, strict))).toBe(true);
  });

  test("are each fresh memory, so that a test may write to them", () => {
    const [first, ...others] = keys;
    expect(others.some((key) => key.buffer === first!.buffer)).toBe(false);
  });

  function isDecodable(bytes: Uint8Array, decoder: { decode(bytes: Uint8Array): string }): boolean {
    try {
      decoder.decode(bytes);
      return true;
    } catch {
      return false; // TypeError: not UTF-8, which is the question
    }
  }
});

test("payloads come empty, long, all zero and with a frame inside", () => {
  const payloads = sample(anyPayload());

  expect(payloads.some((payload) => payload.length === 0)).toBe(true);
  expect(payloads.some((payload) => payload.length > 1_000)).toBe(true);
  expect(payloads.some((payload) => payload.length > 24 && payload.every((byte) => byte === 0))).toBe(true);
  expect(payloads.some((payload) => Buffer.from(payload).includes("DWAL"))).toBe(true);
});

test("txids come from the whole range, its last one included", () => {
  const txids = sample(anyTxid());

  expect(txids.every((txid) => txid >= 0n && txid < 2n ** 64n)).toBe(true);
  for (const txid of [0n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 64n - 1n]) expect(txids).toContain(txid);
});
