import { encodeRecord, RecordType } from "@datawal/format";
import { expect, test } from "vitest";
import { type FrameIndex, indexFrames } from "../src/frame-index.js";
import { hexDump, showBytes } from "../src/show-bytes.js";

const frame = (n: number) => encodeRecord({ type: RecordType.Put, txid: BigInt(n), key: "k", payload: "v" });
const LEN = frame(1).length;

function indexOf(bytes: Uint8Array): FrameIndex {
  const steps = indexFrames(bytes);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

const stretches = (index: FrameIndex) => Array.from({ length: index.length }, (_, row) => index.at(row));

test("frames behind damage are found, and marked as beyond", () => {
  const bytes = Buffer.concat([1, 2, 3, 4].map(frame));
  bytes[LEN + 25]! ^= 1;
  const index = indexOf(bytes);
  expect(stretches(index)).toEqual([
    { offset: 0, len: LEN, isBeyond: false },
    { offset: LEN, len: LEN, isBeyond: false, trouble: "crc-mismatch" },
    { offset: 2 * LEN, len: LEN, isBeyond: true },
    { offset: 3 * LEN, len: LEN, isBeyond: true },
  ]);
  expect([0, LEN, 4 * LEN - 1].map((offset) => index.rowAt(offset))).toEqual([0, 1, 3]);
});

test("a torn tail is one stretch to the end of the file", () => {
  const index = indexOf(Buffer.concat([frame(1), frame(2).subarray(0, 10)]));
  expect(index.at(1)).toEqual({ offset: LEN, len: 10, isBeyond: false, trouble: "truncated" });
});

test("more frames than the index had room for", () => {
  const index = indexOf(Buffer.concat(Array.from({ length: 3000 }, (_, n) => frame(n))));
  expect([index.length, index.at(2999).offset]).toEqual([3000, 2999 * LEN]);
});

test.each([
  ["auto", '{"a":1}', '{\n  "a": 1\n}'],
  ["auto", "12", "12"],
  ["json", "12", "12"],
  ["json", "{", "(no JSON)"],
  ["text", "a\u202eb\u0007", "a\\u{202e}b\\u{7}"],
  ["hex", "az", "61 7a"],
  ["base64", "az", "YXo="],
] as const)("as %s %j is shown as %j", (form, text, shown) => {
  expect(showBytes(new TextEncoder().encode(text), form)).toBe(shown);
});

test("bytes that are no text are base64, or told", () => {
  const bytes = new Uint8Array([0xff, 0xfe]);
  expect([showBytes(bytes, "auto"), showBytes(bytes, "text")]).toEqual(["base64: //4=", "(no UTF-8)"]);
});

test("a dump has offsets, bytes and characters", () => {
  expect(hexDump(new TextEncoder().encode("DWAL\n"), 32)).toBe(
    "0000000032  44 57 41 4c 0a                                   DWAL.",
  );
});
