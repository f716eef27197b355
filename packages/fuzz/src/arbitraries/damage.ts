import fc from "fast-check";

/** What rot, a disk or a hand may do to a file. Places are shares of its length, so that one fits any file. */
export type Damage =
  | { readonly do: "flip"; readonly at: number; readonly bit: number }
  | { readonly do: "cut"; readonly at: number }
  | { readonly do: "zero" | "double" | "drop"; readonly at: number; readonly bytes: number }
  | { readonly do: "swap"; readonly at: number; readonly other: number; readonly bytes: number }
  | { readonly do: "append"; readonly bytes: Uint8Array };

/** Sectors and pages, and a few bytes. */
const anyLength = () => fc.oneof(fc.constantFrom(512, 4_096), fc.integer({ min: 1, max: 100 }));
const anyShare = () => fc.nat(1_000).map((thousandths) => thousandths / 1_000);

/** A damage: bits turned, a part cut off, zeroed, doubled, dropped or swapped with another, bytes behind the end. */
export function anyDamage(): fc.Arbitrary<Damage> {
  const [at, bytes] = [anyShare(), anyLength()];
  const doing = <Kind extends string>(...kinds: Kind[]) => fc.constantFrom(...kinds);
  return fc.oneof(
    fc.record({ do: doing("flip"), at, bit: fc.nat(7) }),
    fc.record({ do: doing("cut"), at }),
    fc.record({ do: doing("zero", "double", "drop"), at, bytes }),
    fc.record({ do: doing("swap"), at, other: anyShare(), bytes }),
    fc.record({ do: doing("append"), bytes: fc.uint8Array({ minLength: 1, maxLength: 60, size: "max" }) }),
  );
}

/** @returns A copy of a file's bytes, damaged. */
export function damaged(file: Uint8Array, damage: Damage): Uint8Array {
  const whole = Buffer.from(file);
  if (damage.do === "append") return joined(whole, damage.bytes);
  const at = Math.floor(damage.at * whole.length);
  switch (damage.do) {
    case "cut":
      return joined(whole.subarray(0, at));
    case "flip":
      if (at < whole.length) whole[at]! ^= 1 << damage.bit;
      return joined(whole);
    case "zero":
      return joined(whole.fill(0, at, Math.min(at + damage.bytes, whole.length)));
    case "double":
      return joined(whole.subarray(0, at + damage.bytes), whole.subarray(at));
    case "drop":
      return joined(whole.subarray(0, at), whole.subarray(at + damage.bytes));
    case "swap": {
      const other = Math.floor(damage.other * whole.length);
      const [first, second] = [Math.min(at, other), Math.max(at, other)];
      const length = Math.min(damage.bytes, second - first, whole.length - second);
      const part = (start: number, end: number) => whole.subarray(start, end);
      return joined(
        part(0, first),
        part(second, second + length),
        part(first + length, second),
        part(first, first + length),
        part(second + length, whole.length),
      );
    }
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
