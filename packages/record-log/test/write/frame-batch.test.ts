import { crc32c, RecordType, recordWireSize } from "@datawal/format";
import { expect, test } from "vitest";
import { BATCH_BYTES_MAX, FrameBatch } from "../../src/write/frame-batch.js";
import { frames, raw } from "../kit/frames.js";

const record = (txid: number, size: number) => ({
  type: RecordType.Raw,
  txid: BigInt(txid),
  key: new Uint8Array(0),
  payload: new Uint8Array(size).fill(txid),
});

function add(batch: FrameBatch, txid: number, size: number): void {
  batch.add(record(txid, size), recordWireSize(0, size));
}

test("holds the frames one behind the other, over every growth of its buffer", () => {
  const batch = new FrameBatch(crc32c, BATCH_BYTES_MAX);
  const sizes = [0, 10, 65_000, 70_000, 300_000, 1];
  sizes.forEach((size, index) => void add(batch, index, size));
  expect(batch.frames.map(({ len, txid }) => [len, txid])).toEqual(
    sizes.map((size, index) => [size + 28, BigInt(index)]),
  );
  expect(batch.frames.map(({ offset }) => offset)).toEqual([0, 28, 66, 65_094, 135_122, 435_150]);
  const expected = frames(...sizes.map((size, index) => raw(index, new Uint8Array(size).fill(index))));
  expect(Buffer.compare(batch.bytes, expected)).toBe(0);
});

test("has room up to its limit, and when empty for a frame of any length", () => {
  const batch = new FrameBatch(crc32c, 100);
  expect(batch.hasRoomFor(1_000_000)).toBe(true);
  add(batch, 1, 22);
  expect([batch.hasRoomFor(50), batch.hasRoomFor(51)]).toEqual([true, false]);
  batch.clear();
  expect(batch.frames).toEqual([]);
  expect(batch.hasRoomFor(101)).toBe(true);
});

test("takes no more than 8 MiB, whatever its limit", () => {
  const batch = new FrameBatch(crc32c, Number.POSITIVE_INFINITY);
  add(batch, 1, 0);
  expect(batch.hasRoomFor(BATCH_BYTES_MAX - 28)).toBe(true);
  expect(batch.hasRoomFor(BATCH_BYTES_MAX - 27)).toBe(false);
});
