import type { Mutant } from "./run-mutant.js";

const CURSOR = "packages/format/src/frame-cursor.ts";
const RECOVER = "packages/record-log/src/repair/recover.ts";
const INSPECTION = "packages/record-log/src/inspect/inspection.ts";
const VIEW = "packages/record-log/src/read/log-view.ts";
const READER = "packages/record-log/src/inspect/segment-reader.ts";
const HANDLES = "packages/record-log/src/read/segment-handles.ts";
const LIVE_VALUE = "packages/datawal/src/live/live-value.ts";

/** What is read and not checked. */
export const READING_MUTANTS: readonly Mutant[] = [
  {
    name: "crc-unchecked",
    what: "a frame counts whatever its CRC",
    seenBy: "L1 one power cut",
    patches: [
      {
        file: CURSOR,
        find: 'return this.#storedCrc === this.#computedCrc ? "record" : "crc-mismatch";',
        replace: 'return this.#storedCrc === this.#computedCrc || this.end > 0 ? "record" : "crc-mismatch";',
      },
    ],
  },
  {
    name: "length-trusted-before-bounds",
    what: "the lengths in a header are used before they are held against the limits",
    seenBy: "L0 bytes",
    seenIn: "forged-length",
    patches: [
      {
        file: CURSOR,
        find: 'if (keyLen > MAX_KEY_LEN) return this.#invalid("key-too-large", keyLen);',
        replace: "",
      },
      {
        file: CURSOR,
        find: 'if (payloadLen > this.#maxPayloadLen) return this.#invalid("payload-too-large", payloadLen);',
        replace: "",
      },
    ],
  },
  {
    name: "zero-test-before-decoding",
    what: "bytes that begin with zeros are never decoded",
    seenBy: "L2 failing calls",
    seenIn: "openSync-of-a-clean-store",
    patches: [
      {
        file: READER,
        find: "const outcome = this.cursor.read(",
        replace:
          'if (this.#chunkBytes - start >= 24 && this.#memory.bytes.subarray(start + 16, start + 20).every((byte) => byte === 0)) return "crc-mismatch";\n    const outcome = this.cursor.read(',
      },
    ],
  },
  {
    name: "sealed-tail-tolerated",
    what: "damage in a sealed segment is passed over",
    seenBy: "L0 bytes",
    seenIn: "sector",
    patches: [
      {
        file: RECOVER,
        find: "requireSound(yield* this.#inspection.read(segment, false), false);",
        replace: "yield* this.#inspection.read(segment, false);",
      },
    ],
  },
  {
    name: "missing-segment-unreported",
    what: "a gap between segments is not reported",
    seenBy: "L0 bytes",
    patches: [
      {
        file: INSPECTION,
        find: "removed.unnamed(expected, segment - 1)",
        replace: "removed.unnamed(segment, segment - 1)",
      },
    ],
  },
  {
    name: "txid-gap-unreported",
    what: "missing or repeated txids are not reported",
    seenBy: "L0 bytes",
    patches: [
      { file: INSPECTION, find: "if (earliest) warnings.push({ ...earliest, places });", replace: "" },
    ],
  },
  {
    name: "short-read-taken-as-the-end",
    what: "fewer bytes than the file has are taken for all of them",
    seenBy: "L2 failing calls",
    seenIn: "openSync-of-a-clean-store",
    patches: [
      {
        file: "packages/safeatomic/src/read-fully.ts",
        find: "if (count === 0) break;\n    done += count;",
        replace: "done += count;\n    if (count < byteCount) break;",
      },
      {
        file: "packages/record-log/src/store/file-range.ts",
        find: "if (count === byteCount) return;",
        replace: "if (count <= byteCount) return;",
      },
    ],
  },
  {
    name: "frame-key-not-compared",
    what: "get returns the value of a frame whose key is another one",
    seenBy: "L0 bytes",
    seenIn: "frames-swapped-while-open",
    patches: [
      {
        file: LIVE_VALUE,
        find: "if (record.type !== RecordType.Put || !hasKey(record, key))",
        replace: "if (record.type !== RecordType.Put && !hasKey(record, key))",
      },
    ],
  },
  {
    name: "get-without-crc",
    what: "get returns a payload whose CRC is wrong",
    seenBy: "L0 bytes",
    seenIn: "one-bit-while-open",
    patches: [
      {
        file: HANDLES,
        find: 'if (outcome === "record" && len === ref.len) return cursor;',
        replace: 'if (outcome !== "truncated" && len === ref.len) return cursor;',
      },
    ],
  },
  {
    name: "reader-keeps-a-replaced-file",
    what: "a reader does not notice that a segment was replaced",
    seenBy: "L2 failing calls",
    seenIn: "RecordLogReader-refresh-of-replaced-segments",
    patches: [
      {
        file: VIEW,
        find: "return stat !== undefined && isSameFile(stat, findings) && stat.size >= validEnd;",
        replace:
          "return stat !== undefined && (isSameFile(stat, findings) || stat.size >= 0) && stat.size >= validEnd - stat.size;",
      },
      {
        file: VIEW,
        find: "if (!isLeft || (this.#lastFrame && !this.stands(this.#lastFrame)))",
        replace: "if (!isLeft)",
      },
      {
        file: INSPECTION,
        find: "if (findings.identity && !isSameFile(stat, findings)) throw",
        replace: "if (findings.identity && !isSameFile(stat, findings) && size < 0) throw",
      },
    ],
  },
];
