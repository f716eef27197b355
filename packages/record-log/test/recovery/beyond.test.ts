import { crc32c, encodeRecord, HEADER_LEN } from "@datawal/format";
import { runSync } from "@datawal/safeatomic";
import { expect, test } from "vitest";
import { searchBeyond } from "../../src/recovery/beyond.js";
import { concat, flipped, frames, put, raw, type SampleRecord } from "../kit/frames.js";
import { diskWith, STORE } from "../kit/store-files.js";

/** Searches `segment` from `offset`, behind a prefix that ended with `afterTxid`; returns what counted. */
function search(segment: Uint8Array, offset: number, afterTxid: bigint, crc = crc32c) {
  const file = diskWith({ "00000001.dwal": segment }).open(`${STORE}/00000001.dwal`, "read");
  const found: { offset: number; txid: bigint }[] = [];
  const result = runSync(
    // biome-ignore lint/correctness/useYield: it only takes note
    searchBeyond(file, offset, segment.length, afterTxid, crc, function* (frame) {
      found.push({ offset: frame.offset, txid: frame.txid });
    }),
  );
  return { ...result, found, txids: found.map(({ txid }) => Number(txid)) };
}

const prefix = [raw(1, "one"), raw(2, "two")];
const start = frames(...prefix).length;

/** The prefix, then something that is no frame, then these records. */
function behind(damage: Uint8Array, ...records: SampleRecord[]): Uint8Array {
  return concat(frames(...prefix), damage, frames(...records));
}

test("frames behind junk count, and the junk is what is lost", () => {
  const junk = new TextEncoder().encode("DWAL is how junk may begin, too");
  const { txids, lost } = search(behind(junk, raw(3, "three"), raw(4, "four")), start, 2n);
  expect(txids).toEqual([3, 4]);
  expect(lost).toEqual([{ offset: start, bytes: junk.length }]);
});

test("a frame whose txid does not exceed the prefix's last does not count", () => {
  expect(
    search(behind(new Uint8Array(30), raw(1, "old"), raw(2, "old"), raw(3, "new")), start, 2n).txids,
  ).toEqual([3]);
});

// For one cut the first appended frame ends exactly where the torn one would have ended, so that a valid frame stands at
// the end of the torn one's extent: it was once taken for nested in a payload.
test("frames that the reference appended behind a torn frame count, for every cut of it and over several sessions", () => {
  const torn = frames(raw(3, "a record that was being written when the process died"));
  for (let cut = 1; cut < torn.length; cut++) {
    const segment = behind(
      torn.subarray(0, cut),
      raw(3, "first"),
      raw(4, "second"),
      raw(3, "another session"),
    );
    expect(search(segment, start, 2n).txids).toEqual([3, 4, 3]);
  }
});

test("a copy of a log inside a payload is never taken for records, whichever bit of the outer frame is flipped", () => {
  const inner = frames(raw(3, "inner"), raw(4, "inner"), put(5, "k", "inner"));
  const outer = encodeRecord({ type: 0, txid: 3n, payload: inner });
  for (let bit = 0; bit < outer.length * 8; bit++) {
    // A flip in the magic or in a length leaves no believable extent: what is inside stays undecided.
    const byte = bit >> 3;
    if (byte < 4 || (byte >= 16 && byte < HEADER_LEN)) continue;
    const segment = concat(frames(...prefix), flipped(outer, bit), frames(raw(4, "after")));
    const inside = search(segment, start, 2n).found.filter(({ offset }) => offset < start + outer.length);
    expect(inside).toEqual([]);
  }
});

test("a damaged frame that ends with the file hides what its payload holds", () => {
  const outer = encodeRecord({ type: 0, txid: 3n, payload: frames(raw(3, "inner")) });
  expect(search(concat(frames(...prefix), flipped(outer, HEADER_LEN * 8)), start, 2n).txids).toEqual([]);
});

test("forged headers that announce 64 MiB each cost at most four times the region, and the search says where it ended", () => {
  const header = encodeRecord({ type: 0, txid: 9n, payload: new Uint8Array(1 << 20) }).subarray(
    0,
    HEADER_LEN,
  );
  const forged = concat(...Array.from({ length: 20_000 }, () => header), new Uint8Array(1 << 20));
  let crcBytes = 0;
  const counting = (bytes: Uint8Array, seed?: number) => {
    crcBytes += bytes.length;
    return crc32c(bytes, seed);
  };
  const { exhaustedAt } = search(concat(frames(...prefix), Uint8Array.of(1), forged), start, 2n, counting);
  expect(exhaustedAt).toBeDefined();
  expect(crcBytes).toBeLessThanOrEqual(4 * forged.length + 2 * (1 << 20));
});

test("frames appended behind a torn one count where they end the file exactly at its announced end", () => {
  const torn = frames(raw(3, "x".repeat(60)));
  const appended = [raw(3, "first"), raw(4, "second")];
  const cut = torn.length - frames(...appended).length;
  expect(search(behind(torn.subarray(0, cut), ...appended), start, 2n).txids).toEqual([3, 4]);
});

test("a search that takes nested frames for records would be noticed", () => {
  const inner = frames(raw(3, "inner"));
  expect(search(behind(new Uint8Array(40), raw(3, "inner")), start, 2n).txids).toEqual([3]);
  expect(inner.length).toBeGreaterThan(0);
});
