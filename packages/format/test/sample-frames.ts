import { type EncodableRecord, RecordType } from "@datawal/format";

/** A record and the frame that the Rust reference makes of it. */
export interface SampleFrame {
  record: Required<EncodableRecord> & { key: string; payload: string };
  frame: Uint8Array;
}

const { Raw, Put, Delete } = RecordType;

/** Frames that the reference wrote. */
export const SAMPLE_FRAMES: SampleFrame[] = [
  sample(Raw, 7n, "", "hello", "4457414c010000000700000000000000000000000500000068656c6c6ffa7fed3a"),
  sample(
    Put,
    42n,
    "alpha",
    "value-1",
    "4457414c010001002a000000000000000500000007000000616c70686176616c75652d31268d5f6b",
  ),
  sample(Raw, 1n, "", "x", "4457414c0100000001000000000000000000000001000000780eeb9e97"),
  sample(Raw, 1n, "", "", "4457414c01000000010000000000000000000000000000002607b2af"),
  sample(Delete, 1n, "k", "", "4457414c01000200010000000000000001000000000000006b4e89252f"),
  sample(Put, 1n, "", "", "4457414c01000100010000000000000000000000000000000d05dba0"),
];

function sample(type: RecordType, txid: bigint, key: string, payload: string, hex: string): SampleFrame {
  return { record: { type, txid, key, payload }, frame: fromHex(hex) };
}

/** One Put with a key and a payload: 40 bytes. */
export const PUT_FRAME: Uint8Array = SAMPLE_FRAMES[1]!.frame;

/** All sample frames in a row: a small log. */
export const SAMPLE_LOG: Uint8Array = concat(...SAMPLE_FRAMES.map(({ frame }) => frame));

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** A copy with some bytes overwritten. */
export function patched(bytes: Uint8Array, offset: number, ...values: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(values, offset);
  return copy;
}

/** A copy with one bit turned over. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  return patched(bytes, bit >> 3, bytes[bit >> 3]! ^ (1 << (bit & 7)));
}

export function sharedCopy(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}

/** What a call throws. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("expected a throw");
}
