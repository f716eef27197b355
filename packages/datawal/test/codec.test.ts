import { bytes, json, utf8 } from "datawal";
import { describe, expect, expectTypeOf, test } from "vitest";
import { checkCodecs, type DecodedAs, encodeWith } from "../src/codec.js";

const roundTrip = <In, Out>(
  codec: { encode(value: In): string | Uint8Array; decode(b: Uint8Array<ArrayBuffer>): Out },
  value: In,
) => codec.decode(encodeWith(codec, value, "value"));

describe("bytes", () => {
  test("takes bytes and strings, gives bytes", () => {
    expect(roundTrip(bytes, "é")).toEqual(new Uint8Array([0xc3, 0xa9]));
    expect(roundTrip(bytes, new Uint8Array([1, 2]))).toEqual(new Uint8Array([1, 2]));
  });

  test("a Buffer comes back as a plain Uint8Array", () => {
    expect(Object.getPrototypeOf(roundTrip(bytes, Buffer.from("x")))).toBe(Uint8Array.prototype);
  });
});

describe("utf8", () => {
  test.each(["", "Ada", "\u0000", "日本", "\uFEFFkept"])("gives back %j", (text) => {
    expect(roundTrip(utf8, text)).toBe(text);
  });

  test("refuses what is no string", () => {
    const encode = () => utf8.encode(7 as unknown as string);
    expect(encode).toThrow(expect.objectContaining({ name: "TypeError", code: "ERR_DATAWAL_NOT_A_STRING" }));
  });

  test("refuses a lone surrogate: two such strings would be one key", () => {
    expect(() => encodeWith(utf8, "\ud800", "key")).toThrow(
      expect.objectContaining({ name: "TypeError", code: "ERR_DATAWAL_MALFORMED_STRING", what: "key" }),
    );
  });

  test("refuses stored bytes that are not UTF-8", () => {
    expect(() => utf8.decode(new Uint8Array([0xff]))).toThrow(TypeError);
  });
});

describe("json", () => {
  test.each([null, 0, "x", [1, [2]], { a: { b: "\ud800" } }])("gives back %j", (value) => {
    expect(roundTrip(json<unknown>(), value)).toEqual(value);
  });

  const cycle: unknown[] = [];
  cycle.push(cycle);
  test.each([undefined, () => 1, 1n, cycle])("refuses %s, which has no JSON", (value) => {
    expect(() => json().encode(value)).toThrow(
      expect.objectContaining({ name: "TypeError", code: "ERR_DATAWAL_NOT_JSON" }),
    );
  });

  test("says why JSON.stringify refused", () => {
    expect(() => json().encode(1n)).toThrow(expect.objectContaining({ cause: expect.any(TypeError) }));
  });

  test("refuses stored bytes that are not JSON", () => {
    expect(() => json().decode(new Uint8Array([0x7b]))).toThrow(SyntaxError);
  });
});

test("what is no codec is refused before anything is opened", () => {
  for (const key of [null, {}, { encode: () => "" }, "utf8"]) {
    expect(() => checkCodecs({ key: key as never })).toThrow(
      expect.objectContaining({ name: "TypeError", code: "ERR_DATAWAL_NOT_A_CODEC" }),
    );
  }
});

test("without a codec a type is given back as it is taken, and BytesLike as Bytes", () => {
  expectTypeOf<DecodedAs<Uint8Array | string>>().toEqualTypeOf<ReturnType<Uint8Array["slice"]>>();
  expectTypeOf<DecodedAs<string>>().toEqualTypeOf<string>();
  expectTypeOf<DecodedAs<{ name: string }>>().toEqualTypeOf<{ name: string }>();
});
