import { type Decoded, decodeNext, MAX_KEY_LEN, MAX_PAYLOAD_LEN } from "@datawal/format";
import type { FuzzTarget } from "../engine/target.js";
import type { CodecUnderTest } from "../laws/codec.js";
import { modelOutcome } from "../laws/model-decoder.js";
import { DECODER_OUTCOMES, type DecoderOutcome, FRAME_SEEDS, mutateFrames } from "./frames.js";

/** Whatever the bytes: a decoder does not throw, stays within them, and says what docs/format.md says. */
export function decodeFrame({ decode }: Pick<CodecUnderTest, "decode"> = { decode: decodeNext }): FuzzTarget {
  return {
    name: "decode_frame",
    seeds: Object.values(FRAME_SEEDS),
    bytesMax: 600,
    outcomes: DECODER_OUTCOMES,
    mutate: mutateFrames,
    run: (input) => {
      const decoded = decode(input, 0);
      requireSane(decoded, input.length);
      const { kind, ...facts } = modelOutcome(input, 0);
      for (const [name, value] of Object.entries(facts))
        if (decoded.kind !== kind || decoded[name as keyof Decoded] !== value)
          throw new Error(`expected ${kind} with ${name} ${value}, got ${decoded.kind}`);
      return outcomeOf(decoded);
    },
  };
}

function requireSane(decoded: Decoded, length: number): void {
  if ((decoded.kind === "record" || decoded.kind === "crc-mismatch") && decoded.end > length)
    throw new Error("more bytes were consumed than there are");
  if (decoded.kind === "truncated" && decoded.available > decoded.needed)
    throw new Error("more bytes are there than are needed");
  if (decoded.kind !== "record") return;
  if (decoded.key.length > MAX_KEY_LEN || decoded.payload.length > MAX_PAYLOAD_LEN)
    throw new Error("key or payload is longer than the format allows");
}

export function outcomeOf(decoded: Decoded): DecoderOutcome {
  if (decoded.kind === "truncated") return decoded.needed === 24 ? "cut-header" : "cut-body";
  return decoded.kind === "invalid" ? decoded.reason : decoded.kind;
}
