import { encodeRecord, RecordType } from "@datawal/format";
import fc from "fast-check";

/** Frames, in whole or in part, as bytes: what a scanner must not take for frames of the log around them. */
function nestedFrame(): fc.Arbitrary<Uint8Array> {
  return fc.tuple(fc.bigInt({ min: 0n, max: 100n }), fc.nat(40)).map(([txid, cut]) => {
    const frame = encodeRecord({ type: RecordType.Put, txid, key: "nested", payload: "frame" });
    return frame.slice(0, frame.length - Math.max(0, cut - 20));
  });
}

/** A payload of 0 to 2,048 bytes: mostly short and of any bytes; some are zeros, as a crash leaves them, some hold a frame. */
export function anyPayload(): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.uint8Array({ maxLength: 64, size: "max" }) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 2_048, size: "max" }) },
    { weight: 1, arbitrary: fc.nat(600).map((zeros) => new Uint8Array(zeros)) },
    { weight: 1, arbitrary: nestedFrame() },
  );
}
