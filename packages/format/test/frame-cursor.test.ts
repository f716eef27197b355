import {
  encodeRecord,
  FrameCursor,
  type InvalidReason,
  MAX_KEY_LEN,
  MAX_PAYLOAD_LEN,
  RecordType,
} from "@datawal/format";
import { describe, expect, test } from "vitest";
import { concat, PUT_FRAME, patched, SAMPLE_FRAMES, SAMPLE_LOG, thrownBy, utf8 } from "./sample-frames.js";

test("one cursor reads a whole log, frame after frame", () => {
  const cursor = new FrameCursor();
  let offset = 0;
  for (const { record, frame } of SAMPLE_FRAMES) {
    expect(cursor.read(SAMPLE_LOG, offset)).toBe("record");

    const { start, end, type, txid, key, payload } = cursor;
    expect({ start, end }).toEqual({ start: offset, end: offset + frame.length });
    expect({ type, txid, key, payload }).toEqual({
      ...record,
      key: utf8(record.key),
      payload: utf8(record.payload),
    });
    offset = end;
  }
  expect(cursor.read(SAMPLE_LOG, offset)).toBe("truncated");
  expect(cursor.available).toBe(0);
});

test("the numbers are offsets into the bytes given", () => {
  const cursor = new FrameCursor();
  cursor.read(concat(new Uint8Array(100), PUT_FRAME), 100);

  const { start, keyStart, payloadStart, payloadEnd, end } = cursor;
  expect({ start, keyStart, payloadStart, payloadEnd, end }).toEqual({
    start: 100,
    keyStart: 124,
    payloadStart: 129,
    payloadEnd: 136,
    end: 140,
  });
});

test("a txid comes in unsigned halves, and whole when asked for", () => {
  const cursor = new FrameCursor();
  cursor.read(encodeRecord({ type: RecordType.Raw, txid: 0xfedcba98_89abcdefn }), 0);

  const { txidHigh, txidLow, txid } = cursor;
  expect({ txidHigh, txidLow, txid }).toEqual({
    txidHigh: 0xfedcba98,
    txidLow: 0x89abcdef,
    txid: 0xfedcba98_89abcdefn,
  });
});

describe("order of checks", () => {
  const oneMore = (limit: number) => [...new Uint8Array(Uint32Array.of(limit + 1).buffer)];
  /** Each structural fault: what it does to the header of a frame, and how it is told. */
  const faults: { reason: InvalidReason; found: number; offset: number; bytes: number[] }[] = [
    { reason: "bad-magic", found: 0x4d415744, offset: 3, bytes: [0x4d] },
    { reason: "unknown-version", found: 0xcafe, offset: 4, bytes: [0xfe, 0xca] },
    { reason: "unknown-record-type", found: 3, offset: 6, bytes: [3] },
    { reason: "reserved-flags", found: 0x80, offset: 7, bytes: [0x80] },
    { reason: "key-too-large", found: MAX_KEY_LEN + 1, offset: 16, bytes: oneMore(MAX_KEY_LEN) },
    { reason: "payload-too-large", found: MAX_PAYLOAD_LEN + 1, offset: 20, bytes: oneMore(MAX_PAYLOAD_LEN) },
  ];

  test.each(faults)("$reason is told with what was found", ({ reason, found, offset, bytes }) => {
    const cursor = new FrameCursor();

    expect(cursor.read(patched(PUT_FRAME, offset, ...bytes), 0)).toBe(reason);
    expect(cursor.found).toBe(found);
  });

  test("of any two faults the first in order is told", () => {
    const cursor = new FrameCursor();
    for (const [i, first] of faults.entries()) {
      for (const second of faults.slice(i + 1)) {
        const both = patched(
          patched(PUT_FRAME, first.offset, ...first.bytes),
          second.offset,
          ...second.bytes,
        );
        expect(cursor.read(both, 0)).toBe(first.reason);
        expect(cursor.found).toBe(first.found);
      }
    }
  });

  test("every fault of the header comes before a missing body, and a missing body before the CRC", () => {
    const cursor = new FrameCursor();
    for (const { reason, offset, bytes } of faults) {
      const headerOnly = patched(PUT_FRAME, offset, ...bytes).subarray(0, 24);
      expect(cursor.read(headerOnly, 0)).toBe(reason);
    }
    expect(cursor.read(patched(PUT_FRAME, 30, 0xff).subarray(0, -1), 0)).toBe("truncated");
  });

  test("23 bytes are too few to judge, however wrong", () => {
    const cursor = new FrameCursor();

    expect(cursor.read(new Uint8Array(23).fill(0xff), 0)).toBe("truncated");
    expect(cursor.read(new Uint8Array(24).fill(0xff), 0)).toBe("bad-magic");
  });

  test("lengths at their limits are sane", () => {
    const cursor = new FrameCursor();
    const largest = patched(PUT_FRAME, 16, 0, 0, 1, 0, 0, 0, 0, 4);

    expect(cursor.read(largest, 0)).toBe("truncated");
    expect(cursor.needed).toBe(67_174_428);
  });
});

test("the end of the bytes given counts, not that of the memory behind them", () => {
  const cursor = new FrameCursor();
  for (let length = 0; length < PUT_FRAME.length; length++) {
    expect(cursor.read(PUT_FRAME.subarray(0, length), 0)).toBe("truncated");
  }
});

test("a header can be read without its body", () => {
  const cursor = new FrameCursor();

  expect(cursor.readHeader(PUT_FRAME.subarray(0, 24), 0)).toBe("header");
  expect(cursor.readHeader(PUT_FRAME.subarray(0, 23), 0)).toBe("truncated");
  expect(cursor.readHeader(patched(PUT_FRAME, 0, 0), 0)).toBe("bad-magic");
});

test("an invalid header still tells the extent that it claims", () => {
  const cursor = new FrameCursor();

  expect(cursor.read(patched(PUT_FRAME, 4, 2), 0)).toBe("unknown-version");
  expect(cursor.end).toBe(PUT_FRAME.length);
  expect(cursor.txid).toBe(42n);
});

test("a cursor can be given a smaller limit for payloads", () => {
  expect(new FrameCursor(7).read(PUT_FRAME, 0)).toBe("record");
  expect(new FrameCursor(6).read(PUT_FRAME, 0)).toBe("payload-too-large");
});

test("an offset that is no whole number from 0 is refused, not taken for the end", () => {
  for (const offset of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    const error = thrownBy(() => new FrameCursor().read(PUT_FRAME, offset));

    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ code: "ERR_DATAWAL_NOT_WHOLE_BYTES", actual: offset });
  }
});
