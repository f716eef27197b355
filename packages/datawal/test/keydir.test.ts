import fc from "fast-check";
import { expect, test } from "vitest";
import { Keydir } from "../src/keydir.js";

const ref = (offset: number) => ({ segment: 1, offset, len: 30 });
const key = (text: string) => new TextEncoder().encode(text);

test("gives what was set last, and nothing once it was deleted", () => {
  const keydir = new Keydir();
  expect(keydir.set(key("a"), ref(0))).toBeUndefined();
  expect(keydir.set(key("a"), ref(30))).toEqual(ref(0));
  expect(keydir.get(key("a"))).toEqual(ref(30));
  expect(keydir.delete(key("a"))).toEqual(ref(30));
  expect(keydir.delete(key("a"))).toBeUndefined();
  expect(keydir.get(key("a"))).toBeUndefined();
  expect(keydir.size).toBe(0);
});

test("any bytes are a key of their own, the empty one too", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.uint8Array({ maxLength: 6 }), { selector: (k) => k.toString() }),
      (keys) => {
        const keydir = new Keydir();
        for (const [index, one] of keys.entries()) keydir.set(one, ref(index));
        expect([...keydir.entries()]).toEqual(keys.map((one, index) => [new Uint8Array(one), ref(index)]));
      },
    ),
  );
});

test("keeps neither the key's memory nor the place's", () => {
  const keydir = new Keydir();
  const [name, place] = [key("a"), ref(7)];
  keydir.set(name, place);
  name[0] = 0;
  place.offset = 0;
  expect(keydir.get(key("a"))).toEqual(ref(7));
});

test("reads a key that is a view of larger memory", () => {
  const keydir = new Keydir();
  keydir.set(key("xab").subarray(1), ref(1));
  expect(keydir.get(key("ab"))).toEqual(ref(1));
});

test("iterates live", () => {
  const keydir = new Keydir();
  keydir.set(key("a"), ref(0));
  const entries = keydir.entries();
  entries.next();
  keydir.set(key("b"), ref(1));
  expect(entries.next().value).toEqual([key("b"), ref(1)]);
});

test("estimates its memory from keys and their bytes, back to nothing", () => {
  const keydir = new Keydir();
  keydir.set(key("abc"), ref(0));
  keydir.set(key("abc"), ref(1));
  const one = keydir.bytes;
  keydir.set(key("abcdef"), ref(2));
  expect(keydir.bytes).toBe(2 * one + 3);
  keydir.delete(key("abc"));
  keydir.delete(key("abcdef"));
  expect(keydir.bytes).toBe(0);
});
