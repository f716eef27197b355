import { CRC_LEN, crc32c, encodeRecord, HEADER_LEN, MAX_KEY_LEN, MAX_PAYLOAD_LEN } from "@datawal/format";
import fc from "fast-check";
import { anyRecord } from "./record.js";

/** Where a header has its fields, and how many bytes each has (docs/format.md). */
const FIELDS = {
  magic: [0, 4],
  version: [4, 2],
  type: [6, 1],
  flags: [7, 1],
  txid: [8, 8],
  keyLen: [16, 4],
  payloadLen: [20, 4],
} as const;

/** A change of a frame's bytes: of a field, of bits, of its length, of the CRC made anew. */
type Change =
  | { readonly do: "field"; readonly field: keyof typeof FIELDS; readonly value: number }
  | { readonly do: "flip"; readonly bit: number }
  | { readonly do: "cut"; readonly length: number }
  | { readonly do: "zero"; readonly at: number; readonly count: number }
  | { readonly do: "seal" };

/** Around the limits that a field may have, and any. */
const anyFieldValue = () =>
  fc.oneof(
    fc.constantFrom(
      0,
      1,
      2,
      3,
      MAX_KEY_LEN,
      MAX_KEY_LEN + 1,
      MAX_PAYLOAD_LEN,
      MAX_PAYLOAD_LEN + 1,
      2 ** 32 - 1,
    ),
    fc.nat(60),
    fc.nat(),
  );

const anyChange = (): fc.Arbitrary<Change> =>
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant("field" as const),
        field: fc.constantFrom(...(Object.keys(FIELDS) as (keyof typeof FIELDS)[])),
        value: anyFieldValue(),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("flip" as const), bit: fc.nat(2_000) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("cut" as const), length: fc.nat(200) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant("zero" as const), at: fc.nat(60), count: fc.nat(60) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("seal" as const) }) },
  );

/** A frame, whole or with up to three changes that know its structure, so that each check of a decoder is reached. */
export function anyMutatedFrame(): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(anyRecord(), fc.array(anyChange(), { maxLength: 3 }))
    .map(([record, changes]) => changes.reduce(changed, encodeRecord(record) as Uint8Array));
}

/** Bytes that a decoder may be given: frames one behind the other, changed ones among them, and noise. */
export function anyFrameBytes(): fc.Arbitrary<Uint8Array> {
  const part = fc.oneof(
    { weight: 4, arbitrary: anyMutatedFrame() },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60, size: "max" }) },
    { weight: 1, arbitrary: fc.constant(new TextEncoder().encode("DWAL")) },
  );
  return fc
    .array(part, { maxLength: 4 })
    .map((parts) => Uint8Array.from(parts.flatMap((bytes) => [...bytes])));
}

/** @returns A copy. */
function changed(frame: Uint8Array, change: Change): Uint8Array {
  const bytes = frame.slice(0, change.do === "cut" ? change.length : frame.length);
  switch (change.do) {
    case "field": {
      const [at, width] = FIELDS[change.field];
      for (let index = 0; index < Math.min(width, 4) && at + index < bytes.length; index++)
        bytes[at + index] = (change.value >>> (8 * index)) & 0xff;
      return bytes;
    }
    case "flip":
      if (bytes.length > 0) bytes[(change.bit >>> 3) % bytes.length]! ^= 1 << (change.bit & 7);
      return bytes;
    case "zero":
      return bytes.fill(0, change.at, change.at + change.count);
    case "seal":
      return sealFrame(bytes);
    default:
      return bytes;
  }
}

/** Makes the CRC at the end of these bytes that of what stands before it. @returns The same bytes. */
export function sealFrame(bytes: Uint8Array): Uint8Array {
  const at = bytes.length - CRC_LEN;
  if (at < HEADER_LEN) return bytes;
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).setUint32(
    at,
    crc32c(bytes.subarray(0, at)),
    true,
  );
  return bytes;
}
