import { crc32c, encodeRecord, FrameCursor } from "@datawal/format";
import { expect, test } from "vitest";
import { SeenFrames } from "../../src/read/seen-frames.js";
import { raw } from "../kit/frames.js";

function cursorOn(txid: number | bigint, text = "x"): FrameCursor {
  const cursor = new FrameCursor();
  expect(cursor.read(encodeRecord(raw(txid, text)), 0, crc32c)).toBe("record");
  return cursor;
}

test("a frame is one that was seen if txid, place and CRC are the same", () => {
  const seen = new SeenFrames();
  expect(seen.has(cursorOn(0), 0)).toBe(false);
  seen.begin(1);
  for (let index = 0; index < 1000; index++) seen.add(cursorOn(7 + index), 29 * index);
  for (const index of [0, 1, 63, 64, 999]) expect(seen.has(cursorOn(7 + index), 29 * index)).toBe(true);
  expect(seen.has(cursorOn(8), 0)).toBe(false);
  expect(seen.has(cursorOn(8, "y"), 29)).toBe(false);
  expect(seen.has(cursorOn(6), 0)).toBe(false);
  expect(seen.has(cursorOn(1007), 29_000)).toBe(false);
  seen.begin(2);
  expect(seen.has(cursorOn(7), 0)).toBe(false);
});

test("txids go on over 2^32", () => {
  const seen = new SeenFrames();
  const first = 2n ** 32n - 1n;
  seen.add(cursorOn(first), 0);
  seen.add(cursorOn(first + 1n), 29);
  expect([seen.has(cursorOn(first), 0), seen.has(cursorOn(first + 1n), 29)]).toEqual([true, true]);
});

// Groups leave txids out: behind the first of them each read of a reader's had to prove the segment anew.
test("frames of groups are kept, whose txids are two apart, and what an earlier segment had in between is not", () => {
  const seen = new SeenFrames();
  for (let index = 0; index < 400; index++) seen.add(cursorOn(1 + index), 29 * index);
  seen.begin(2);
  for (let index = 0; index < 200; index++) seen.add(cursorOn(1 + 2 * index), 29 * index);
  for (const index of [0, 1, 63, 64, 199]) {
    expect(seen.has(cursorOn(1 + 2 * index), 29 * index)).toBe(true);
    expect(seen.has(cursorOn(2 + 2 * index), 29 * (1 + 2 * index))).toBe(false);
  }
});

test("frames beyond 4 GiB, with a txid again, or 262,144 txids from the first are not kept", () => {
  const seen = new SeenFrames();
  seen.add(cursorOn(1), 0);
  seen.add(cursorOn(3), 29);
  seen.add(cursorOn(4), 2 ** 32);
  seen.add(cursorOn(2), 58);
  seen.add(cursorOn(262_145), 87);
  const found = [[4, 2 ** 32] as const, [2, 58] as const, [262_145, 87] as const];
  expect(found.map(([txid, offset]) => seen.has(cursorOn(txid), offset))).toEqual([false, false, false]);
  const many = new SeenFrames();
  const cursor = cursorOn(0);
  for (; cursor.txidLow < 262_145; cursor.txidLow++) many.add(cursor, cursor.txidLow);
  expect([262_143, 262_144].map((txid) => many.has(Object.assign(cursor, { txidLow: txid }), txid))).toEqual([
    true,
    false,
  ]);
});
