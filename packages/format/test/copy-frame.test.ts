import { encodeRecord, FrameCursor } from "@datawal/format";
import { copyFrameInto } from "@datawal/format/internal";
import { expect, test } from "vitest";
import { SAMPLE_FRAMES, SAMPLE_LOG, thrownBy } from "./sample-frames.js";

const TXIDS = [
  0n,
  1n,
  0xffff_ffffn,
  0x1_0000_0000n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 64n - 1n,
];

test("a copy is the frame of the same record under the other txid", () => {
  const cursor = new FrameCursor();
  let offset = 0;
  for (const { record, frame } of SAMPLE_FRAMES) {
    expect(cursor.read(SAMPLE_LOG, offset)).toBe("record");
    for (const txid of TXIDS) {
      const target = new Uint8Array(frame.length + 7).fill(0xee);
      expect(copyFrameInto(cursor, txid, target, 3)).toBe(frame.length);
      expect(target.subarray(3, -4)).toEqual(encodeRecord({ ...record, txid }));
      expect([...target.subarray(0, 3), ...target.subarray(-4)]).toEqual(Array(7).fill(0xee));
    }
    offset = cursor.end;
  }
});

test("what cannot be written is refused before a byte is", () => {
  const cursor = new FrameCursor();
  cursor.read(SAMPLE_LOG, 0);
  const target = new Uint8Array(cursor.end);
  const codeOf = (txid: bigint, offset: number) =>
    (thrownBy(() => copyFrameInto(cursor, txid, target, offset)) as { code: string }).code;
  expect(codeOf(1n, 1)).toBe("ERR_DATAWAL_TARGET_TOO_SMALL");
  expect(codeOf(-1n, 0)).toBe("ERR_DATAWAL_BAD_TXID");
  expect(codeOf(2n ** 64n, 0)).toBe("ERR_DATAWAL_BAD_TXID");
  expect(codeOf(1n, 0.5)).toBe("ERR_DATAWAL_NOT_WHOLE_BYTES");
  expect(target.every((byte) => byte === 0)).toBe(true);
});
