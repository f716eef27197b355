import { describe, expect, test } from "vitest";
import {
  crc32c,
  type DecodedRecord,
  decodeGroupHead,
  decodeNext,
  encodeRecord,
  GROUP_BYTES_MAX,
  RecordType,
} from "../src/index.js";
import { encodeGroupHeadInto, groupHeadWireSize, isGroupKey } from "../src/internal.js";

/** Two frames of 50 bytes, with CRCs that can be told apart. */
const FRAME = encodeRecord({ type: RecordType.Raw, txid: 1n, payload: new Uint8Array(22) });
const GROUP = new Uint8Array(groupHeadWireSize(2) + 100);
GROUP.set([...FRAME, ...FRAME], groupHeadWireSize(2));
GROUP.set([1, 0, 0, 0], GROUP.length - 54);
GROUP.set([0xff, 0xff, 0xff, 0xff], GROUP.length - 4);
encodeGroupHeadInto(7n, GROUP, 0, 2, 100, crc32c);
const HEAD = decodeNext(GROUP, 0) as DecodedRecord;

/** The head with other values in the u32 fields of its payload. */
function headWith(fields: Record<number, number>, payload = HEAD.payload.slice()) {
  const view = new DataView(payload.buffer);
  for (const [index, value] of Object.entries(fields)) view.setUint32(4 * Number(index), value, true);
  return { ...HEAD, payload };
}

describe("the head of a group", () => {
  test("says how many records follow, their bytes and the CRC of each", () => {
    expect(decodeGroupHead(HEAD)).toEqual({
      version: 1,
      records: 2,
      bytes: 100,
      crcs: Uint32Array.of(1, 0xffff_ffff),
    });
    expect(HEAD).toMatchObject({ txid: 7n, len: groupHeadWireSize(2) });
  });

  test("is byte for byte what the page of the format says", () => {
    expect(Buffer.from(HEAD.key).toString("latin1")).toBe("\0datawal.group\0\0");
    expect(Buffer.from(HEAD.payload).toString("hex")).toBe(
      "01000000" + "02000000" + "64000000" + "01000000" + "ffffffff",
    );
  });

  test("of another version says nothing more", () => {
    expect(decodeGroupHead(headWith({ 0: 2 }))).toEqual({
      version: 2,
      records: 0,
      bytes: 0,
      crcs: new Uint32Array(),
    });
  });

  test.each([
    ["a Put", { ...HEAD, type: RecordType.Put }],
    ["a Raw record", { ...HEAD, type: RecordType.Raw }],
    ["another key", { ...HEAD, key: HEAD.key.map((byte: number) => byte ^ 1) }],
    ["a longer key", { ...HEAD, key: Uint8Array.of(...HEAD.key, 0) }],
    ["no payload", { ...HEAD, payload: new Uint8Array() }],
    ["a payload that is too short", { ...HEAD, payload: HEAD.payload.subarray(0, 11) }],
    ["a list that is too short", { ...HEAD, payload: HEAD.payload.subarray(0, 19) }],
    ["a list that is too long", { ...HEAD, payload: Uint8Array.of(...HEAD.payload, 0) }],
    ["one record", headWith({ 1: 1 }, HEAD.payload.slice(0, 16))],
    ["fewer bytes than two frames have", headWith({ 2: 55 })],
    ["more bytes than a group has", headWith({ 2: GROUP_BYTES_MAX + 1 })],
  ])("is no record with %s", (_, record) => {
    expect(decodeGroupHead(record)).toBeUndefined();
  });

  test("has a key that is known within other bytes", () => {
    const bytes = Uint8Array.of(9, ...HEAD.key, 9);
    expect(isGroupKey(bytes, 1, 17)).toBe(true);
    expect(isGroupKey(bytes, 0, 16)).toBe(false);
    expect(isGroupKey(bytes)).toBe(false);
  });
});
