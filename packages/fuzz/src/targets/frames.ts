import {
  decodeNext,
  encodeRecord,
  HEADER_LEN,
  MAX_KEY_LEN,
  MAX_PAYLOAD_LEN,
  RecordType,
} from "@datawal/format";
import { sealFrame } from "../arbitraries/frame-bytes.js";

/** All that a decoder may answer; `truncated` twice: within the header, and behind it. */
export const DECODER_OUTCOMES = [
  "record",
  "cut-header",
  "cut-body",
  "crc-mismatch",
  "bad-magic",
  "unknown-version",
  "unknown-record-type",
  "reserved-flags",
  "key-too-large",
  "payload-too-large",
] as const;

export type DecoderOutcome = (typeof DECODER_OUTCOMES)[number];

const PUT = encodeRecord({ type: RecordType.Put, txid: 1n, key: "alpha", payload: "value-1" });
const DELETE = encodeRecord({ type: RecordType.Delete, txid: 2n, key: "alpha" });
const RAW = encodeRecord({ type: RecordType.Raw, txid: 3n, payload: "hello" });

const together = (...parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

function patched(frame: Uint8Array, at: number, ...bytes: readonly number[]): Uint8Array {
  const copy = frame.slice();
  copy.set(bytes, at);
  return copy;
}

/** The cases of the Rust crate's fuzzing corpus, by their names there, and the two that its README adds. */
export const FRAME_SEEDS: Readonly<Record<string, Uint8Array>> = {
  bad_crc_01: patched(PUT, PUT.length - 1, 0),
  bad_crc_03: together(PUT, DELETE, patched(RAW, HEADER_LEN, 0x48)),
  compact_output: encodeRecord({ type: RecordType.Put, txid: 1n, key: "k", payload: "live" }),
  oversize_key: patched(PUT, 16, 1, 0, 1, 0),
  oversize_payload: patched(PUT, 20, 1, 0, 0, 4),
  partial_header: PUT.slice(0, 11),
  put_then_delete: together(PUT, DELETE),
  reserved_flags: patched(PUT, 7, 1),
  truncated_tail: together(PUT, RAW.slice(0, -3)),
  unknown_record_type: patched(PUT, 6, 9),
  unknown_version: patched(PUT, 4, 2),
  wrong_magic: patched(PUT, 0, 0x58),
  truncated_first: PUT.slice(0, -2),
  valid_log: together(PUT, DELETE, RAW),
  empty: new Uint8Array(0),
};

/** Numbers at the limits that lengths have, and small ones. */
const LENGTHS = [0, 1, 5, MAX_KEY_LEN, MAX_KEY_LEN + 1, MAX_PAYLOAD_LEN, MAX_PAYLOAD_LEN + 1, 2 ** 32 - 1];

/** Changes one of the frames that stand at the beginning, by what a header is. @returns A copy. */
export function mutateFrames(input: Uint8Array, random: () => number): Uint8Array {
  const below = (count: number) => Math.floor(random() * count);
  const starts = startsIn(input);
  const start = starts[below(starts.length)]!;
  const changed = input.slice();
  const view = new DataView(changed.buffer);
  const hasHeader = start + HEADER_LEN <= changed.length;
  const byte = (at: number, value: number) => {
    if (start + at < changed.length) changed[start + at] = value;
    return changed;
  };
  switch (below(9)) {
    case 0:
      return byte(below(4), below(256));
    case 1:
      return byte(4 + below(2), below(4));
    case 2:
      return byte(6, below(5));
    case 3:
      return byte(7, below(3));
    case 4:
      if (hasHeader)
        view.setUint32(start + (below(2) === 0 ? 16 : 20), LENGTHS[below(LENGTHS.length)]!, true);
      return changed;
    case 5:
      return input.slice(0, start + below(HEADER_LEN + 12));
    case 6:
      return together(input.subarray(0, start), [PUT, DELETE, RAW][below(3)]!, input.subarray(start));
    default: {
      // The last frame is made to end where the bytes end, and its CRC to fit.
      const bodyLen = changed.length - start - HEADER_LEN - 4;
      if (bodyLen < 0) return together(input.subarray(0, start), PUT);
      const keyLen = below(Math.min(bodyLen, MAX_KEY_LEN) + 1);
      changed.set(PUT.subarray(0, 8), start);
      view.setUint8(start + 6, below(3));
      view.setUint32(start + 16, keyLen, true);
      view.setUint32(start + 20, bodyLen - keyLen, true);
      sealFrame(changed.subarray(start));
      return changed;
    }
  }
}

/** Where frames begin, the place behind the last one included. */
function startsIn(bytes: Uint8Array): number[] {
  const starts = [0];
  for (;;) {
    const decoded = decodeNext(bytes, starts.at(-1)!);
    if (decoded.kind !== "record") return starts;
    starts.push(decoded.end);
  }
}
