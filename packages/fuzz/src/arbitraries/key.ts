import { MAX_KEY_LEN } from "@datawal/format";
import fc from "fast-check";

/** Few and short, so that a sequence of operations meets the same key again; one is a prefix of another. */
const COMMON_KEYS = ["", "a", "ab", "b", "user:1", "user:10", "\u{1f701}"].map((key) =>
  new TextEncoder().encode(key),
);

/** A key: mostly one of a few that recur, else any 0 to 40 bytes, which need not be UTF-8. */
export function anyKey(): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...COMMON_KEYS).map((key) => key.slice()) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40, size: "max" }) },
  );
}

/** "Aa" and "BB" are alike to every hash that multiplies by 31 and adds, and so is what is put together of them. */
const ALIKE = ["Aa", "BB"].map((pair) => new TextEncoder().encode(pair));

function collidingKey(): fc.Arbitrary<Uint8Array> {
  return fc
    .array(fc.constantFrom(...ALIKE), { minLength: 4, maxLength: 4 })
    .map((pairs) => Uint8Array.from(pairs.flatMap((pair) => [...pair])));
}

/** Keys that share all but their last bytes. */
function prefixedKey(): fc.Arbitrary<Uint8Array> {
  return fc.tuple(fc.constantFrom(7, 8, 15, 16, 255), fc.nat(3)).map(([length, last]) => {
    const key = new Uint8Array(length + 1).fill(0x70);
    key[length] = last;
    return key;
  });
}

/**
 * A key of a kind that tables and buffers are tried by: as {@link anyKey}, of the format's greatest length (64 KiB) or a
 * byte less, with a long prefix that others share, or crafted to collide in a hash that multiplies by 31.
 */
export function anyHardKey(): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    { weight: 40, arbitrary: anyKey() },
    { weight: 10, arbitrary: collidingKey() },
    { weight: 10, arbitrary: prefixedKey() },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(MAX_KEY_LEN, MAX_KEY_LEN - 1)
        .map((length) => new Uint8Array(length).fill(7)),
    },
  );
}
