import { encodeRecord, HEADER_LEN, MAX_KEY_LEN, MAX_PAYLOAD_LEN } from "@datawal/format";
import type { Random } from "../../kit/random.js";

export interface MutatedBuffer {
  bytes: Uint8Array;
  /** Where a frame is to be decoded. */
  offset: number;
}

/** Where a header has its fields (docs/format.md). */
const VERSION = 4;
const TYPE = 6;
const FLAGS = 7;
const TXID = 8;
const KEY_LEN = 16;
const PAYLOAD_LEN = 20;

type Mutation = (frame: Uint8Array, random: Random) => Uint8Array;

const MUTATIONS: readonly Mutation[] = [
  (frame) => frame,
  (frame) => frame,
  flipBits,
  flipBits,
  cut,
  cut,
  (frame, random) => frame.subarray(0, random.below(HEADER_LEN)),
  (frame, random) => withU16(frame, VERSION, random.pick([0, 2, 0x100, random.below(0x10000)])),
  (frame, random) => withByte(frame, TYPE, random.pick([0, 1, 2, 3, 4, 255, random.below(256)])),
  (frame, random) => withByte(frame, FLAGS, random.pick([0, 1, 0x80, random.below(256)])),
  (frame, random) => withU32(frame, KEY_LEN, length(random, MAX_KEY_LEN)),
  (frame, random) => withU32(frame, PAYLOAD_LEN, length(random, MAX_PAYLOAD_LEN)),
  (frame, random) => withU32(frame, TXID + 4 * random.below(2), random.u32()),
  overwrite,
  zeroOut,
  (_, random) => random.bytes(random.below(80)),
  moveKeyEnd,
];

/** A frame between other bytes, mutated once or twice; sometimes to be decoded beside its start. */
export function mutatedBuffer(random: Random): MutatedBuffer {
  let frame: Uint8Array = someFrame(random);
  const mutationCount = random.below(4) === 0 ? 2 : 1;
  for (let done = 0; done < mutationCount; done++) frame = random.pick(MUTATIONS)(frame, random);
  const before = random.below(3) === 0 ? random.bytes(random.below(30)) : new Uint8Array(0);
  const after = random.below(3) === 0 ? someFrame(random) : new Uint8Array(0);
  const slip = random.below(50) === 0 ? random.below(40) : 0;
  return { bytes: Buffer.concat([before, frame, after]), offset: before.length + slip };
}

function someFrame(random: Random): Uint8Array {
  const payloadLen = random.below(100) === 0 ? random.below(3000) : random.below(40);
  return encodeRecord({
    type: random.pick([0, 1, 2] as const),
    txid: BigInt(random.u32()) << BigInt(random.below(33)),
    key: random.bytes(random.below(12)),
    payload: random.bytes(payloadLen),
  });
}

function flipBits(frame: Uint8Array, random: Random): Uint8Array {
  const flipped = frame.slice();
  if (flipped.length === 0) return flipped;
  for (let done = random.below(3); done >= 0; done--)
    flipped[random.below(flipped.length)]! ^= 1 << random.below(8);
  return flipped;
}

function cut(frame: Uint8Array, random: Random): Uint8Array {
  return frame.subarray(0, random.below(frame.length + 1));
}

/** Around a limit, within it, or far beyond. */
function length(random: Random, limit: number): number {
  return random.pick([
    0,
    random.below(50),
    random.below(limit),
    limit - 1,
    limit,
    limit + 1,
    0xffff_ffff,
    random.u32(),
  ]);
}

function overwrite(frame: Uint8Array, random: Random): Uint8Array {
  const other = frame.slice();
  const start = random.below(frame.length + 1);
  other.set(random.bytes(random.below(frame.length - start + 1)), start);
  return other;
}

function zeroOut(frame: Uint8Array, random: Random): Uint8Array {
  const start = random.below(frame.length + 1);
  return frame.slice().fill(0, start, start + random.below(60));
}

/** A header whose lengths add up to the same frame, with the key's end elsewhere. */
function moveKeyEnd(frame: Uint8Array, random: Random): Uint8Array {
  if (frame.length < HEADER_LEN) return frame;
  const moved = frame.slice();
  const view = viewOf(moved);
  const bodyLen = view.getUint32(KEY_LEN, true) + view.getUint32(PAYLOAD_LEN, true);
  const keyLen = random.below(Math.min(bodyLen, MAX_KEY_LEN) + 1);
  view.setUint32(KEY_LEN, keyLen, true);
  view.setUint32(PAYLOAD_LEN, bodyLen - keyLen, true);
  return moved;
}

function withByte(frame: Uint8Array, at: number, value: number): Uint8Array {
  const other = frame.slice();
  if (at < other.length) other[at] = value;
  return other;
}

function withU16(frame: Uint8Array, at: number, value: number): Uint8Array {
  return withByte(withByte(frame, at, value & 0xff), at + 1, value >>> 8);
}

function withU32(frame: Uint8Array, at: number, value: number): Uint8Array {
  return withU16(withU16(frame, at, value & 0xffff), at + 2, value >>> 16);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
