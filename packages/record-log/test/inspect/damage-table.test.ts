import { type FrameOutcome, MAX_KEY_LEN, MAX_PAYLOAD_LEN } from "@datawal/format";
import { describe, expect, test } from "vitest";
import {
  damageReason,
  type Evidence,
  judgeTail,
  TAIL_RULES,
  type Verdict,
} from "../../src/inspect/damage-table.js";
import type { DamageReason } from "../../src/record-log-error.js";
import { concat, frames, patched, put, raw } from "../kit/frames.js";
import { readBack, thrownBy } from "../kit/read-back.js";
import { diskWith, filesOf, keptBytes } from "../kit/store-files.js";

const SOUND_HEADER = frames(put(1, "key", "payload")).subarray(0, 24);
const ZEROS = new Uint8Array(24);
const GARBAGE = Uint8Array.from({ length: 24 }, (_, index) => 0x80 + index);
const UNSUPPORTED: readonly DamageReason[] = ["unknown-version", "unknown-record-type", "reserved-flags"];
const OTHER: readonly DamageReason[] = [
  "zeros",
  "cut-header",
  "cut-body",
  "crc-mismatch",
  "bad-magic",
  "key-too-large",
  "payload-too-large",
];
/** 0, and every way in which 24 bytes can lie to a boundary of 512. */
const OFFSETS = [0, 28, 488, ...Array.from({ length: 23 }, (_, index) => 489 + index), 512, 1024 + 500];

/** The table of disk-rules R6, said a second time and as plainly as possible. */
function verdictByTheBook({ offset, reason, head, hasPredecessor, frameFits }: Evidence): Verdict {
  const beginsAsDwal = head.every((byte, i) => i > 3 || byte === "DWAL".charCodeAt(i));
  if (offset === 0 && !hasPredecessor && !isZero(head) && !beginsAsDwal) return "not-a-segment";
  const boundary = (Math.floor(offset / 512) + 1) * 512 - offset;
  const pieces = [head.slice(0, boundary), head.slice(boundary)].filter((piece) => piece.length > 0);
  if (UNSUPPORTED.includes(reason) && frameFits && !pieces.some(isZero)) return "unsupported";
  return "damaged-tail";
}

function isZero(bytes: Uint8Array): boolean {
  return !bytes.some((byte) => byte !== 0);
}

/** Every header that a test gives, with either piece at a sector boundary lost, and every length it can be cut to. */
function* heads(offset: number): Generator<Uint8Array> {
  const boundary = 512 - (offset % 512);
  for (const head of [SOUND_HEADER, ZEROS, GARBAGE, patched(SOUND_HEADER, 4, 9), patched(ZEROS, 23, 1)]) {
    for (let length = 1; length <= 24; length++) yield head.slice(0, length);
    if (boundary < 24) {
      yield head.slice().fill(0, 0, boundary);
      yield head.slice().fill(0, boundary);
    }
  }
}

/** Everything that can be known of a place. Shorter than a header, bytes are never said to have an unsupported field. */
function* allEvidence(): Generator<Evidence> {
  for (const offset of OFFSETS) {
    for (const head of heads(offset)) {
      for (const reason of head.length === 24 ? [...UNSUPPORTED, ...OTHER] : OTHER) {
        for (const hasPredecessor of [true, false]) {
          yield { offset, reason, head, hasPredecessor, frameFits: true };
          yield { offset, reason, head, hasPredecessor, frameFits: false };
        }
      }
    }
  }
}

function disagreements(judge: (evidence: Evidence) => Verdict): Evidence[] {
  return [...allEvidence()].filter((evidence) => judge(evidence) !== verdictByTheBook(evidence));
}

test("every combination of place, reason, bytes and fit is judged as the table says", () => {
  expect(disagreements(judgeTail)).toEqual([]);
  expect(new Set([...allEvidence()].map(verdictByTheBook)).size).toBe(3);
});

test("the comparison can fail: each row, left out, changes verdicts, and so does another order", () => {
  const judgeBy = (rules: typeof TAIL_RULES) => (evidence: Evidence) =>
    rules.find((rule) => rule.applies(evidence))?.verdict ?? "damaged-tail";
  for (const row of TAIL_RULES.slice(0, -1))
    expect(disagreements(judgeBy(TAIL_RULES.filter((rule) => rule !== row))).length).toBeGreaterThan(0);
  expect(disagreements(judgeBy(TAIL_RULES.toReversed())).length).toBeGreaterThan(0);
});

test("the last row applies to everything, so that every place has a verdict", () => {
  expect(TAIL_RULES.at(-1)).toMatchObject({ verdict: "damaged-tail" });
  expect(
    TAIL_RULES.at(-1)!.applies({
      offset: 1,
      reason: "zeros",
      head: ZEROS,
      hasPredecessor: false,
      frameFits: false,
    }),
  ).toBe(true);
});

describe("the reason tells zeros and the two kinds of cut apart", () => {
  const cases: [FrameOutcome, Uint8Array, DamageReason][] = [
    ["truncated", SOUND_HEADER, "cut-body"],
    ["truncated", SOUND_HEADER.subarray(0, 23), "cut-header"],
    ["truncated", ZEROS.subarray(0, 23), "zeros"],
    ["bad-magic", ZEROS, "zeros"],
    ["bad-magic", GARBAGE, "bad-magic"],
    ["crc-mismatch", SOUND_HEADER, "crc-mismatch"],
    ["reserved-flags", SOUND_HEADER, "reserved-flags"],
  ];
  test.each(cases)("%s", (outcome, head, reason) => {
    expect(damageReason(outcome as Parameters<typeof damageReason>[0], head)).toBe(reason);
  });
});

describe("what open makes of it", () => {
  const first = frames(raw(1, "first"));
  const second = frames(put(2, "key", "x".repeat(200)));
  const open = (segment: Uint8Array) => readBack(diskWith({ "00000001.dwal": segment }));
  const refusal = (segment: Uint8Array) => thrownBy(() => open(segment));

  test("a segment that begins with neither zeros nor DWAL is refused and left as it is", () => {
    for (const segment of [GARBAGE, GARBAGE.subarray(0, 1), patched(ZEROS, 23, 1), patched(first, 0, 0)])
      expect(refusal(segment)).toMatchObject({ code: "ERR_DATAWAL_NOT_A_SEGMENT", offset: 0, segment: 1 });
  });

  // Rotated, appended, power cut, on a file system that maps blocks before it writes them: the store refused to open,
  // though all that was acknowledged lay in the segment before.
  test("a segment that begins with stale bytes behind another segment is a damaged tail, and kept", () => {
    const disk = diskWith({ "00000001.dwal": first, "00000002.dwal": GARBAGE });
    expect(readBack(disk).records).toHaveLength(1);
    const { "00000002.cut-0": kept, ...others } = filesOf(disk);
    expect(others).toEqual({ "00000001.dwal": first, "00000002.dwal": new Uint8Array(0) });
    expect(keptBytes(kept!)).toEqual(GARBAGE);
  });

  test("a segment of zeros, or of the beginning of a frame, is an empty log", () => {
    for (const segment of [ZEROS.subarray(0, 1), ZEROS, new Uint8Array(5000), ...cutsOf(first)])
      expect(open(segment).records).toEqual([]);
  });

  test.each([
    ["version", 4, 2, "unknown-version"],
    ["type", 6, 3, "unknown-record-type"],
    ["flags", 7, 1, "reserved-flags"],
  ])("a frame of another %s that fits is refused as perhaps newer", (_field, at, value, reason) => {
    for (const tail of [second, concat(second, first.subarray(0, 5)), concat(second, GARBAGE)]) {
      const segment = patched(concat(first, tail), first.length + at, value);
      expect(refusal(segment)).toMatchObject({
        code: "ERR_DATAWAL_FRAME_UNSUPPORTED",
        reason,
        offset: first.length,
      });
    }
  });

  test("a frame of another version that does not fit is a damaged tail", () => {
    const newer = patched(second, 4, 2);
    const lengths = (key: number, payload: number) => {
      const forged = newer.slice();
      new DataView(forged.buffer).setUint32(16, key, true);
      new DataView(forged.buffer).setUint32(20, payload, true);
      return forged;
    };
    const tails = [
      newer.subarray(0, -1),
      newer.subarray(0, 24),
      lengths(3, 201),
      lengths(MAX_KEY_LEN + 1, 0),
      lengths(0, MAX_PAYLOAD_LEN + 1),
    ];
    for (const tail of tails) {
      const { records, report } = open(concat(first, tail));
      expect(records).toHaveLength(1);
      expect(report).toMatchObject({ damageReason: "unknown-version", tailBytesDiscarded: tail.length });
    }
  });

  // 512 - 500 = 12 bytes of the second header lie in the first sector, and the magic, version, type and flags with them.
  const padded = frames(raw(1, "x".repeat(500 - 28)));

  test("a header that crosses a sector boundary and lost the piece behind it is a damaged tail", () => {
    const segment = patched(concat(padded, second), 500 + 4, 2);
    expect(refusal(segment)).toMatchObject({ code: "ERR_DATAWAL_FRAME_UNSUPPORTED" });
    const lost = segment.slice().fill(0, 512, 524);
    expect(open(lost)).toMatchObject({
      records: [{ txid: 1n }],
      report: { damageReason: "unknown-version" },
    });
  });

  /**
   * A header may rightly hold twelve zero bytes on one side of a sector boundary: one that is judged by them before
   * it is decoded drops a sound record.
   */
  test("a valid frame whose header has an all-zero piece at a sector boundary stays valid", () => {
    const lengthless = raw(0x7700n, "");
    for (let boundary = 1; boundary < 24; boundary++) {
      const before = raw(1, "x".repeat(512 - boundary - 28));
      const segment = frames(before, lengthless, raw(0x7701n, "behind"));
      expect(open(segment)).toMatchObject({
        records: [{ txid: 1n }, { txid: 0x7700n }, { txid: 0x7701n }],
        report: { tailTruncated: 0 },
      });
    }
  });
});

function cutsOf(frame: Uint8Array): Uint8Array[] {
  return Array.from({ length: frame.length - 1 }, (_, index) => frame.subarray(0, index + 1));
}
