import { runInNewContext } from "node:vm";
import { toBytes } from "@datawal/format/internal";
import { expect, test } from "vitest";
import { sharedCopy, thrownBy, utf8 } from "./sample-frames.js";

test("a string means its UTF-8", () => {
  expect(toBytes("Grüße 🜁", "key")).toEqual(utf8("Grüße 🜁"));
});

test("a string of any length means the bytes of its UTF-8, in ASCII or not", () => {
  for (let length = 0; length < 140; length++) {
    for (const last of ["", "\u007f", "\u0080", "é", "🜁"]) {
      const text = "k\u0000".repeat(length >>> 1) + last;
      expect(toBytes(text, "key")).toEqual(utf8(text));
    }
  }
});

test("a string that holds a lone surrogate is refused, and the place told", () => {
  for (const [text, index] of [
    ["\ud800", 0],
    ["ok\udc00", 2],
    ["🜁\ud83d!", 2],
  ] as const) {
    const error = thrownBy(() => toBytes(text, "key"));

    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ code: "ERR_DATAWAL_MALFORMED_STRING", what: "key", index });
  }
});

test("many bytes become a plain view of the same memory, few a copy", () => {
  const text = "abcdef".repeat(20);
  for (const whole of [utf8(text), Buffer.from(text)]) {
    const many = toBytes(whole.subarray(1, 100), "key");
    const few = toBytes(whole.subarray(1, 4), "key");

    for (const bytes of [many, few]) expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
    expect([many, few]).toEqual([utf8(text.slice(1, 100)), utf8("bcd")]);
    expect(many.buffer).toBe(whole.buffer);
    expect(few.buffer).not.toBe(whole.buffer);
  }
});

test("bytes on shared memory are copied", () => {
  const shared = sharedCopy(utf8("abc"));

  const bytes = toBytes(shared, "key");
  shared.fill(0);

  expect(bytes.buffer).toBeInstanceOf(ArrayBuffer);
  expect(bytes).toEqual(utf8("abc"));
});

test("bytes of another realm are bytes, as plain ones of this realm", () => {
  const foreign: Uint8Array = runInNewContext("Uint8Array.of(1, 2)");
  expect(foreign).not.toBeInstanceOf(Uint8Array);

  const bytes = toBytes(foreign, "key");

  expect(bytes).toBeInstanceOf(Uint8Array);
  expect([...bytes]).toEqual([1, 2]);
});

test("anything else is refused by name", () => {
  const wrong: [unknown, string][] = [
    [undefined, "undefined"],
    [null, "null"],
    [7, "number"],
    [[1, 2], "Array"],
    [new ArrayBuffer(2), "ArrayBuffer"],
    [new Uint16Array(2), "Uint16Array"],
    [new DataView(new ArrayBuffer(2)), "DataView"],
    [{ length: 2 }, "Object"],
  ];
  for (const [value, actual] of wrong) {
    const error = thrownBy(() => toBytes(value as string, "payload"));

    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ code: "ERR_DATAWAL_NOT_BYTES", what: "payload", actual });
  }
});
