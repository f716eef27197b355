import { encodeRecord, FrameCursor, MAX_KEY_LEN, MAX_PAYLOAD_LEN, RecordType } from "@datawal/format";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JSONL_LINE_LEN_MAX, jsonlLineLen, parseJsonlLine, writeJsonlLine } from "../../src/jsonl/line.js";
import { formatJsonlLine } from "../kit/jsonl-line.js";

const text = (value: string) => new TextEncoder().encode(value);
const line = (key: string, value: string) => `{"key_b64":"${key}","value_b64":"${value}"}`;

/** The line that is written behind `offset` bytes, as text; what is beside it must stay as it is. */
function written(key: Uint8Array, value: Uint8Array, offset = 3): string {
  const cursor = new FrameCursor();
  expect(cursor.read(encodeRecord({ type: RecordType.Put, txid: 1n, key, payload: value }), 0)).toBe(
    "record",
  );
  const len = jsonlLineLen(key.length, value.length);
  const target = new Uint8Array(offset + len + 3).fill(0xee);
  writeJsonlLine(target, offset, cursor);
  expect([...target.subarray(0, offset), ...target.subarray(offset + len)]).toEqual(
    new Array(offset + 3).fill(0xee),
  );
  return Buffer.from(target.subarray(offset, offset + len)).toString("latin1");
}

test("a line is compact JSON in standard base64 with padding, and LF", () => {
  expect(written(text("keep"), text("final"))).toBe('{"key_b64":"a2VlcA==","value_b64":"ZmluYWw="}\n');
  expect(written(new Uint8Array([0xfb, 0xff]), text(""))).toBe('{"key_b64":"+/8=","value_b64":""}\n');
});

test("any pair is written as Node's own base64 has it", () => {
  const bytes = fc.uint8Array({ maxLength: 70, size: "max" });
  fc.assert(
    fc.property(bytes, bytes, (key, value) => {
      expect(written(key, value)).toBe(formatJsonlLine(key, value));
    }),
  );
});

test("any pair comes back from its line, whose length was foretold", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (key, value) => {
      const formatted = formatJsonlLine(key, value);
      expect(formatted.length).toBe(jsonlLineLen(key.length, value.length));
      const parsed = parseJsonlLine(formatted);
      if (parsed.kind === "bad") throw new Error(parsed.reason);
      expect([[...parsed.key], [...parsed.value]]).toEqual([[...key], [...value]]);
    }),
  );
});

test("the longest line has the longest key and value", () => {
  expect(JSONL_LINE_LEN_MAX).toBe(jsonlLineLen(MAX_KEY_LEN, MAX_PAYLOAD_LEN));
});

test("white space between tokens and the other order of members are read", () => {
  expect(parseJsonlLine('\t{ "value_b64" : "" , "key_b64" : "YQ==" } \r\n')).toMatchObject({ kind: "pair" });
});

describe("a line that is no pair says why", () => {
  test.each([
    ["not-a-json-object", "{"],
    ["not-a-json-object", "[]"],
    ["not-a-json-object", "null"],
    ["not-a-json-object", `"${line("", "")}"`],
    ["not-a-json-object", `${line("", "")}${line("", "")}`],
    ["byte-order-mark", `\uFEFF${line("", "")}`],
    ["byte-order-mark", Buffer.from(`\uFEFF${line("", "")}`).toString("latin1")],
    ["wrong-members", "{}"],
    ["wrong-members", '{"key_b64":""}'],
    ["wrong-members", '{"key_b64":"","value_b64":null}'],
    ["wrong-members", '{"key_b64":"","value_b64":"","deleted":true}'],
    ["not-base64", line("YQ", "")],
    ["not-base64", line("YQ=", "")],
    ["not-base64", line("", "_-8=")],
    ["not-base64", line("", "YR==")],
    ["not-base64", line("Y Q==", "")],
    ["not-base64", line("é", "")],
    ["key-too-large", line(Buffer.alloc(MAX_KEY_LEN + 1).toString("base64"), "")],
  ])("%s: %.60s", (reason, bad) => {
    expect(parseJsonlLine(bad)).toEqual({ kind: "bad", reason });
  });
});

test("a key at the limit is read", () => {
  expect(parseJsonlLine(formatJsonlLine(new Uint8Array(MAX_KEY_LEN), text("")))).toMatchObject({
    kind: "pair",
  });
});

test("a value at the limit is read, one past it is not", () => {
  // 64 MiB leave a remainder of 1 when divided by 3: two characters and the padding.
  const groups = "A".repeat(4 * Math.floor(MAX_PAYLOAD_LEN / 3));
  expect(parseJsonlLine(line("", `${groups}AA==`))).toMatchObject({ kind: "pair" });
  expect(parseJsonlLine(line("", `${groups}AAA=`))).toEqual({ kind: "bad", reason: "value-too-large" });
});
