import { readFileSync } from "node:fs";
import * as format from "@datawal/format";
import { describe, expect, test } from "vitest";
import * as layout from "../src/layout.js";
import { fromHex, toHex, utf8 } from "./sample-frames.js";

const { encodeRecord, MAX_KEY_LEN, MAX_PAYLOAD_LEN, RecordType, recordWireSize } = format;
const doc = readFileSync(new URL("../../../docs/format.md", import.meta.url), "utf8");

test("the layout is frozen", () => {
  const frame = encodeRecord({
    type: RecordType.Delete,
    txid: 0x0807060504030201n,
    key: "key",
    payload: "payload",
  });

  const ends = [4, 6, 7, 8, 16, 20, 24, 27, 34, 38];
  expect(ends.map((end, i) => toHex(frame.subarray(ends[i - 1] ?? 0, end)))).toEqual([
    "4457414c",
    "0100",
    "02",
    "00",
    "0102030405060708",
    "03000000",
    "07000000",
    toHex(utf8("key")),
    toHex(utf8("payload")),
    "a6f18421",
  ]);
});

test("the constants are frozen", () => {
  const { MAGIC, WIRE_VERSION, HEADER_LEN, CRC_LEN } = format;
  expect({ MAGIC: toHex(MAGIC), WIRE_VERSION, HEADER_LEN, CRC_LEN, MAX_KEY_LEN, MAX_PAYLOAD_LEN }).toEqual({
    MAGIC: "4457414c",
    WIRE_VERSION: 1,
    HEADER_LEN: 24,
    CRC_LEN: 4,
    MAX_KEY_LEN: 65_536,
    MAX_PAYLOAD_LEN: 67_108_864,
  });
});

test("a frame is 28 bytes and what it carries", () => {
  expect(recordWireSize(0, 0)).toBe(28);
  expect(recordWireSize(MAX_KEY_LEN, MAX_PAYLOAD_LEN)).toBe(67_174_428);
});

describe("docs/format.md", () => {
  test("tells the offsets of layout.ts", () => {
    const fields = rows(/^\| (\d+) \| \d+ \| (\w+) \|/gm);
    // The other ones are those of a group's head.
    const offsets = Object.fromEntries(fields.slice(0, 7).map(([offset, field]) => [field, Number(offset)]));

    expect(offsets).toEqual({
      magic: layout.MAGIC_OFFSET,
      version: layout.VERSION_OFFSET,
      type: layout.TYPE_OFFSET,
      flags: layout.FLAGS_OFFSET,
      txid: layout.TXID_OFFSET,
      key_len: layout.KEY_LEN_OFFSET,
      payload_len: layout.PAYLOAD_LEN_OFFSET,
    });
  });

  test("shows frames that the encoder makes", () => {
    const examples = rows(/^\| (Raw|Put|Delete) \| (\d+) \| "(.*?)" \| "(.*?)" \| `([0-9a-f]+)` \|/gm);

    expect(examples).toHaveLength(6);
    for (const [type, txid, key, payload, hex] of examples) {
      const record = { type: RecordType[type as "Raw"], txid: BigInt(txid!), key: key!, payload: payload! };
      expect(encodeRecord(record)).toEqual(fromHex(hex!));
    }
  });

  function rows(pattern: RegExp): string[][] {
    return [...doc.matchAll(pattern)].map((match) => match.slice(1));
  }
});
