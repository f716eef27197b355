import {
  crc32c,
  decodeNext,
  type EncodableRecord,
  encodeHeaderInto,
  encodeRecord,
  encodeRecordInto,
  HEADER_LEN,
  MAX_KEY_LEN,
  MAX_PAYLOAD_LEN,
  RecordType,
  recordWireSize,
} from "@datawal/format";
import { checkRecordLimits } from "@datawal/format/internal";
import { describe, expect, test } from "vitest";
import { concat, SAMPLE_FRAMES, sharedCopy, thrownBy, toHex, utf8 } from "./sample-frames.js";

const { Raw, Put } = RecordType;
const PUT: EncodableRecord = { type: Put, txid: 1n, key: "k", payload: "v" };

test("the frames of the reference come out, from strings and from bytes", () => {
  for (const { record, frame } of SAMPLE_FRAMES) {
    const inBytes = { ...record, key: utf8(record.key), payload: utf8(record.payload) };

    expect(toHex(encodeRecord(record))).toBe(toHex(frame));
    expect(toHex(encodeRecord(inBytes))).toBe(toHex(frame));
  }
});

test("an absent key or payload is an empty one", () => {
  expect(encodeRecord({ type: Put, txid: 1n })).toEqual(
    encodeRecord({ type: Put, txid: 1n, key: "", payload: undefined }),
  );
});

test("a Buffer or shared memory encodes as the same plain bytes", () => {
  const plain = encodeRecord({ ...PUT, payload: utf8("value") });

  expect(encodeRecord({ ...PUT, payload: Buffer.from("value") })).toEqual(plain);
  expect(encodeRecord({ ...PUT, payload: sharedCopy(utf8("value")) })).toEqual(plain);
});

// Another thread may write to shared memory while it is encoded: the CRC function plays that thread.
test("the CRC is that of the bytes written, also when shared memory changes meanwhile", () => {
  const payload = sharedCopy(utf8("value"));
  const racingCrc = (bytes: Uint8Array) => {
    payload.fill(0);
    return crc32c(bytes);
  };

  const frame = encodeRecord({ ...PUT, payload }, racingCrc);

  expect(decodeNext(frame, 0)).toMatchObject({ kind: "record", payload: utf8("value") });
});

test("the highest txid is written whole", () => {
  const frame = encodeRecord({ ...PUT, txid: 2n ** 64n - 1n });

  expect(decodeNext(frame, 0)).toMatchObject({ txid: 2n ** 64n - 1n });
});

test("the CRC function given is the one used, and a signed result means the same bits", () => {
  const signedCrc = (bytes: Uint8Array) => crc32c(bytes) | 0;

  expect(encodeRecord(PUT, signedCrc)).toEqual(encodeRecord(PUT));
  expect(encodeRecord(PUT, () => 0x01020304).subarray(-4)).toEqual(Uint8Array.of(4, 3, 2, 1));
});

describe("limits", () => {
  const longestKey = new Uint8Array(MAX_KEY_LEN);
  const longestPayload = new Uint8Array(MAX_PAYLOAD_LEN);
  const keyTooLarge = new Uint8Array(MAX_KEY_LEN + 1);
  const payloadTooLarge = new Uint8Array(MAX_PAYLOAD_LEN + 1);

  test("the longest key with the longest payload is a frame", () => {
    const frame = encodeRecord({ type: Raw, txid: 1n, key: longestKey, payload: longestPayload });

    expect(frame.length).toBe(67_174_428);
    expect(decodeNext(frame, 0)).toMatchObject({ kind: "record", len: 67_174_428 });
  });

  test("a key one byte longer is refused", () => {
    const error = thrownBy(() => encodeRecord({ ...PUT, key: keyTooLarge }));

    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({
      code: "ERR_DATAWAL_KEY_TOO_LARGE",
      actual: 65_537,
      limit: 65_536,
      message: "datawal: key_len 65537 exceeds MAX_KEY_LEN 65536",
    });
  });

  test("a payload one byte longer is refused", () => {
    const error = thrownBy(() => encodeRecord({ ...PUT, payload: payloadTooLarge }));

    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({
      code: "ERR_DATAWAL_PAYLOAD_TOO_LARGE",
      actual: 67_108_865,
      limit: 67_108_864,
      message: "datawal: payload_len 67108865 exceeds MAX_PAYLOAD_LEN 67108864",
    });
  });

  test("a key in characters of more than one byte is measured in bytes", () => {
    expect(encodeRecord({ ...PUT, key: "ü".repeat(MAX_KEY_LEN / 2) }).length).toBe(MAX_KEY_LEN + 29);
    expect(thrownBy(() => encodeRecord({ ...PUT, key: `${"ü".repeat(MAX_KEY_LEN / 2)}x` }))).toMatchObject({
      code: "ERR_DATAWAL_KEY_TOO_LARGE",
    });
  });

  test("of two lengths too large the key is told", () => {
    const record = { ...PUT, key: keyTooLarge, payload: payloadTooLarge };

    expect(thrownBy(() => encodeRecord(record))).toMatchObject({ code: "ERR_DATAWAL_KEY_TOO_LARGE" });
  });

  test("lengths can be checked on their own", () => {
    checkRecordLimits(MAX_KEY_LEN, MAX_PAYLOAD_LEN);

    const code = (keyLen: number, payloadLen: number) =>
      (thrownBy(() => checkRecordLimits(keyLen, payloadLen)) as { code: string }).code;
    expect(code(MAX_KEY_LEN + 1, MAX_PAYLOAD_LEN + 1)).toBe("ERR_DATAWAL_KEY_TOO_LARGE");
    expect(code(MAX_KEY_LEN, MAX_PAYLOAD_LEN + 1)).toBe("ERR_DATAWAL_PAYLOAD_TOO_LARGE");
    for (const noLength of [-1, 0.5, Number.NaN]) {
      expect(code(noLength, 0)).toBe("ERR_DATAWAL_NOT_WHOLE_BYTES");
      expect(code(0, noLength)).toBe("ERR_DATAWAL_NOT_WHOLE_BYTES");
    }
  });
});

describe("wrong arguments", () => {
  const wrong: [string, object, string, TypeErrorConstructor | RangeErrorConstructor][] = [
    ["a type of 3", { type: 3 }, "ERR_DATAWAL_BAD_RECORD_TYPE", RangeError],
    ["no type", { type: undefined }, "ERR_DATAWAL_BAD_RECORD_TYPE", RangeError],
    ["a txid below 0", { txid: -1n }, "ERR_DATAWAL_BAD_TXID", RangeError],
    ["a txid of 2^64", { txid: 2n ** 64n }, "ERR_DATAWAL_BAD_TXID", RangeError],
    ["a txid that is a number", { txid: 1 }, "ERR_DATAWAL_BAD_TXID", TypeError],
    ["a key that is null", { key: null }, "ERR_DATAWAL_NOT_BYTES", TypeError],
    ["a payload that is a number", { payload: 1 }, "ERR_DATAWAL_NOT_BYTES", TypeError],
    ["a key with a lone surrogate", { key: "\udfff" }, "ERR_DATAWAL_MALFORMED_STRING", TypeError],
  ];

  test.each(wrong)("%s is refused, and nothing written", (_what, change, code, errorClass) => {
    const record = { ...PUT, ...change } as EncodableRecord;
    const target = new Uint8Array(100);

    const error = thrownBy(() => encodeRecordInto(record, target, 0));

    expect(error).toBeInstanceOf(errorClass);
    expect(error).toMatchObject({ code });
    expect(thrownBy(() => encodeRecord(record))).toMatchObject({ code });
    expect(target).toEqual(new Uint8Array(100));
  });
});

describe("encodeRecordInto", () => {
  test("it writes the frame at the offset and nothing beside it", () => {
    for (const { record, frame } of SAMPLE_FRAMES) {
      const target = new Uint8Array(frame.length + 10).fill(0xee);

      expect(encodeRecordInto(record, target, 7)).toBe(frame.length);

      const margins = [new Uint8Array(7).fill(0xee), new Uint8Array(3).fill(0xee)] as const;
      expect(target).toEqual(concat(margins[0], frame, margins[1]));
    }
  });

  test("it writes every byte of a frame over what was there, flags included", () => {
    const target = Buffer.alloc(100, 0xff);

    const frameLen = encodeRecordInto(PUT, target, 0);

    expect(new Uint8Array(target.subarray(0, frameLen))).toEqual(encodeRecord(PUT));
  });

  test("a target of exactly the frame's length is enough, one byte less is not", () => {
    const frameLen = recordWireSize(1, 1);
    expect(encodeRecordInto(PUT, new Uint8Array(frameLen), 0)).toBe(frameLen);

    const target = new Uint8Array(frameLen - 1);
    const error = thrownBy(() => encodeRecordInto(PUT, target, 0));

    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ code: "ERR_DATAWAL_TARGET_TOO_SMALL", needed: 30, available: 29 });
    expect(target).toEqual(new Uint8Array(frameLen - 1));
  });

  test("an offset beyond the target leaves no room", () => {
    const error = thrownBy(() => encodeRecordInto(PUT, new Uint8Array(100), 101));

    expect(error).toMatchObject({ code: "ERR_DATAWAL_TARGET_TOO_SMALL", available: 0 });
  });

  test("an offset that is no whole number from 0 is refused, as is a target without bytes", () => {
    for (const offset of [-1, 1.5, Number.NaN]) {
      const error = thrownBy(() => encodeRecordInto(PUT, new Uint8Array(100), offset));
      expect(error).toMatchObject({ code: "ERR_DATAWAL_NOT_WHOLE_BYTES", what: "offset", actual: offset });
    }
    const noTarget = new ArrayBuffer(100) as unknown as Uint8Array;
    expect(thrownBy(() => encodeRecordInto(PUT, noTarget, 0))).toMatchObject({
      code: "ERR_DATAWAL_NOT_BYTES",
      what: "target",
    });
  });
});

describe("encodeHeaderInto", () => {
  test("header, key, payload and their CRC, gathered, are the frame", () => {
    for (const { record, frame } of SAMPLE_FRAMES) {
      const [key, payload] = [utf8(record.key), utf8(record.payload)];
      const header = new Uint8Array(HEADER_LEN);

      const fields = { ...record, keyLen: key.length, payloadLen: payload.length };
      expect(encodeHeaderInto(fields, header, 0)).toBe(HEADER_LEN);

      const crc = new DataView(new ArrayBuffer(4));
      crc.setUint32(0, crc32c(payload, crc32c(key, crc32c(header))), true);
      expect(concat(header, key, payload, new Uint8Array(crc.buffer))).toEqual(frame);
    }
  });

  test("limits and room are checked before a byte is written", () => {
    const header = { type: Put, txid: 1n, keyLen: 0, payloadLen: 0 };
    const target = new Uint8Array(HEADER_LEN + 5);
    const code = (change: object, offset: number) =>
      (thrownBy(() => encodeHeaderInto({ ...header, ...change }, target, offset)) as { code: string }).code;

    expect(code({ keyLen: MAX_KEY_LEN + 1 }, 0)).toBe("ERR_DATAWAL_KEY_TOO_LARGE");
    expect(code({ payloadLen: MAX_PAYLOAD_LEN + 1 }, 0)).toBe("ERR_DATAWAL_PAYLOAD_TOO_LARGE");
    expect(code({ keyLen: -1 }, 0)).toBe("ERR_DATAWAL_NOT_WHOLE_BYTES");
    expect(code({}, 6)).toBe("ERR_DATAWAL_TARGET_TOO_SMALL");
    expect(target).toEqual(new Uint8Array(HEADER_LEN + 5));
    expect(encodeHeaderInto(header, target, 5)).toBe(HEADER_LEN);
  });
});
