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
