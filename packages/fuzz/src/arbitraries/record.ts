import { RecordType } from "@datawal/format";
import fc from "fast-check";
import { anyKey } from "./key.js";
import { anyPayload } from "./payload.js";

/** What a frame carries, in bytes. */
export interface GeneratedRecord {
  readonly type: RecordType;
  readonly txid: bigint;
  readonly key: Uint8Array;
  readonly payload: Uint8Array;
}

/** Where 64 bits are cut by those who count in 32, in 53, or with a sign. */
const TXIDS_AT_AN_EDGE = [
  0n,
  1n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n + 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/** A txid: the whole range of 64 bits, its edges more often. */
export function anyTxid(): fc.Arbitrary<bigint> {
  return fc.oneof(fc.constantFrom(...TXIDS_AT_AN_EDGE), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
}

/** A record as it stands alone. Of any type with any key and payload: the format has no rule between them. */
export function anyRecord(): fc.Arbitrary<GeneratedRecord> {
  return fc.record({
    type: fc.constantFrom(...Object.values(RecordType)),
    txid: anyTxid(),
    key: anyKey(),
    payload: anyPayload(),
  });
}
