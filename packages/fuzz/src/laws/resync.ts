import type { Resynced } from "@datawal/format";
import fc from "fast-check";
import { anyFrameBytes } from "../arbitraries/frame-bytes.js";
import { expectSame } from "./expect-same.js";
import { modelOutcome } from "./model-decoder.js";

/** A search for the next frame; `resync` of `@datawal/format` fits. */
export interface ResyncUnderTest {
  resync(bytes: Uint8Array, from: number, options: { afterTxid?: bigint; budget: number }): Resynced;
}

/**
 * The law: a search finds the first offset at which a whole frame stands, with a higher txid where one is asked for, and
 * nothing else: as trying every offset does.
 */
export function resyncFindsOnlyFrames(
  codec: ResyncUnderTest,
): fc.IPropertyWithHooks<[Uint8Array, number, bigint | undefined]> {
  const anyFloor = fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { nil: undefined });
  return fc.property(anyFrameBytes(), fc.nat(200), anyFloor, (bytes, from, afterTxid) => {
    const budget = Number.POSITIVE_INFINITY;
    const found = codec.resync(bytes, from, afterTxid === undefined ? { budget } : { budget, afterTxid });
    expectSame("found", found, firstFrame(bytes, from, afterTxid));
  });
}

function firstFrame(bytes: Uint8Array, from: number, afterTxid = -1n): Resynced {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let offset = from; offset < bytes.length; offset++) {
    if (bytes[offset] !== 0x44) continue;
    const outcome = modelOutcome(bytes, offset);
    if (outcome.kind !== "record") continue;
    const txid = view.getBigUint64(offset + 8, true);
    if (txid > afterTxid) return { kind: "found", offset, end: outcome.end, txid };
  }
  return { kind: "none" };
}
