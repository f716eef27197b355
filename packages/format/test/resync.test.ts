import { crc32c, encodeRecord, RecordType, resync } from "@datawal/format";
import { describe, expect, test } from "vitest";
import { concat, flipped, PUT_FRAME, patched, sharedCopy, thrownBy, utf8 } from "./sample-frames.js";

/** Frames of 29 bytes with these txids. */
function log(...txids: bigint[]): Uint8Array {
  return concat(...txids.map((txid) => encodeRecord({ type: RecordType.Raw, txid, payload: "x" })));
}

describe("a search finds", () => {
  test("a frame at its very start", () => {
    expect(resync(log(5n), 0)).toEqual({ kind: "found", offset: 0, end: 29, txid: 5n });
  });

  test("the first frame behind junk, whatever the junk", () => {
    for (const junk of ["", "D", "DW", "DWA", "DWAL", "DWALDWAL", "DDDDWALDWALDWA", "no magic at all"]) {
      const offset = junk.length;
      expect(resync(concat(utf8(junk), log(5n)), 0)).toMatchObject({ kind: "found", offset });
    }
  });

  test("the frame behind a damaged one, whichever bit is damaged", () => {
    for (let bit = 0; bit < PUT_FRAME.length * 8; bit++) {
      const bytes = concat(flipped(PUT_FRAME, bit), log(43n));
      expect(resync(bytes, 0)).toEqual({ kind: "found", offset: 40, end: 69, txid: 43n });
    }
  });

  test("the next frame from an offset within one", () => {
    expect(resync(log(1n, 2n, 3n), 30)).toMatchObject({ kind: "found", offset: 58, txid: 3n });
  });

  test("only frames with a higher txid, when asked", () => {
    const bytes = log(1n, 7n, 8n, 2n ** 64n - 1n);

    expect(resync(bytes, 0, { afterTxid: 7n })).toMatchObject({ kind: "found", txid: 8n });
    expect(resync(bytes, 0, { afterTxid: 8n })).toMatchObject({ kind: "found", txid: 2n ** 64n - 1n });
    expect(resync(bytes, 0, { afterTxid: 2n ** 64n - 1n })).toEqual({ kind: "none" });
  });

  test("a frame in a Buffer and on shared memory", () => {
    expect(resync(Buffer.from(concat(utf8("junk"), log(1n))), 0)).toMatchObject({ offset: 4 });
    expect(resync(sharedCopy(concat(utf8("junk"), log(1n))), 0)).toMatchObject({ offset: 4 });
  });
});

describe("a search finds nothing", () => {
  test("in no bytes, in zeros, at or beyond the end", () => {
    for (const bytes of [new Uint8Array(0), new Uint8Array(4200)]) {
      expect(resync(bytes, 0)).toEqual({ kind: "none" });
    }
    for (const from of [29, 30, 1e12]) expect(resync(log(1n), from)).toEqual({ kind: "none" });
  });

  test("where the last frame is cut, at any length", () => {
    for (let length = 0; length < PUT_FRAME.length; length++) {
      expect(resync(PUT_FRAME.subarray(0, length), 0)).toEqual({ kind: "none" });
    }
  });

  test("in a frame of another version", () => {
    expect(resync(patched(PUT_FRAME, 4, 2), 0)).toEqual({ kind: "none" });
  });
});

describe("forged headers", () => {
  /** A CRC function that counts the bytes it is given. */
  function meteredCrc(): { crc: typeof crc32c; spentBytes: () => number } {
    let spentBytes = 0;
    const crc = (bytes: Uint8Array) => {
      spentBytes += bytes.length;
      return crc32c(bytes);
    };
    return { crc, spentBytes: () => spentBytes };
  }

  /** Headers in a row with no bodies, each claiming a payload of this many bytes. */
  function forgedHeaders(count: number, payloadLen: (offset: number) => number): Uint8Array {
    const header = encodeRecord({ type: RecordType.Put, txid: 9n }).slice(0, 24);
    const region = new Uint8Array(count * 24);
    const view = new DataView(region.buffer);
    for (let offset = 0; offset < region.length; offset += 24) {
      region.set(header, offset);
      view.setUint32(offset + 20, payloadLen(offset), true);
    }
    return region;
  }

  test("that claim 64 MiB each, in a region shorter than that, cost no CRC work and hide nothing", () => {
    const { crc, spentBytes } = meteredCrc();
    const region = concat(
      forgedHeaders(20_000, () => 64 << 20),
      log(10n),
    );

    expect(resync(region, 0, { crc })).toMatchObject({ kind: "found", txid: 10n });
    expect(spentBytes()).toBe(25);
  });

  const count = 20_000;
  const regionLen = count * 24;
  /** Each claims all that follows: together a quadratic amount of CRC work. */
  const quadratic = forgedHeaders(count, (offset) => Math.max(0, regionLen - offset - 28));

  test("that claim all that follows cost at most 4 times the region, and that is said", () => {
    const { crc, spentBytes } = meteredCrc();

    expect(resync(quadratic, 0, { crc })).toEqual({ kind: "exhausted", offset: 4 * 24 });
    expect(spentBytes()).toBeGreaterThan(3 * regionLen);
    expect(spentBytes()).toBeLessThanOrEqual(4 * regionLen);
  });

  test("would cost far more without a budget (canary)", () => {
    const crc = meteredCrc();

    const found = resync(quadratic, 0, { crc: crc.crc, budget: 200 * regionLen });

    expect(found.kind).toBe("exhausted");
    expect(crc.spentBytes()).toBeGreaterThan(199 * regionLen);
  });

  test("are passed by a caller who goes on from where the budget ended", () => {
    const bytes = concat(
      forgedHeaders(3, (offset) => 100 - offset),
      new Uint8Array(60),
      log(10n),
    );

    const first = resync(bytes, 0, { budget: 150 });
    expect(first).toEqual({ kind: "exhausted", offset: 24 });
    expect(resync(bytes, 24, { budget: Number.POSITIVE_INFINITY })).toMatchObject({
      kind: "found",
      txid: 10n,
    });
  });

  test("with a lower txid than asked for cost no CRC work", () => {
    const { crc, spentBytes } = meteredCrc();

    expect(resync(quadratic, 0, { crc, afterTxid: 9n })).toEqual({ kind: "none" });
    expect(spentBytes()).toBe(0);
  });
});

describe("budget", () => {
  test("the exact work of a frame is enough, one byte less is not", () => {
    expect(resync(log(1n), 0, { budget: 25 })).toMatchObject({ kind: "found" });
    expect(resync(log(1n), 0, { budget: 24 })).toEqual({ kind: "exhausted", offset: 0 });
  });

  test("none is needed where nothing looks like a frame", () => {
    expect(resync(new Uint8Array(100), 0, { budget: 0 })).toEqual({ kind: "none" });
  });

  test("one that is no number from 0 is refused, as is a wrong offset, as are no bytes", () => {
    for (const budget of [-1, Number.NaN, "7"]) {
      const error = thrownBy(() => resync(log(1n), 0, { budget: budget as number }));
      expect(error).toMatchObject({ code: "ERR_DATAWAL_BAD_CODEC_OPTION", option: "budget" });
    }
    expect(thrownBy(() => resync(log(1n), -1))).toMatchObject({
      code: "ERR_DATAWAL_NOT_WHOLE_BYTES",
      what: "from",
    });
    const noBytes = [] as unknown as Uint8Array;
    expect(thrownBy(() => resync(noBytes, 0))).toMatchObject({ code: "ERR_DATAWAL_NOT_BYTES" });
  });
});
