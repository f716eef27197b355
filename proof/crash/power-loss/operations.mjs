// What the workload does: the n-th operation follows from the seed and n, so that the validator knows those that were under
// way. The same keys, values and deletions as the Rust crate's harness.

const MASK = 2n ** 64n - 1n;
const GOLDEN_GAMMA = 0x9e3779b97f4a7c15n;
/** 4,096 keys: each is written again and again. */
const KEYS_MASK = 0xfffn;
const VALUE_SALT = 0xdeadbeefcafebaben;
const DELETE_EVERY = 23n;

/** SplitMix64: as many bytes as are asked for, 8 a draw, little-endian, the last draw cut. */
function bytesOf(seed, length) {
  const bytes = Buffer.alloc(Math.ceil(length / 8) * 8);
  let state = seed & MASK;
  for (let offset = 0; offset < length; offset += 8) {
    state = (state + GOLDEN_GAMMA) & MASK;
    let mixed = ((state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & MASK;
    bytes.writeBigUInt64LE(mixed ^ (mixed >> 31n), offset);
  }
  return bytes.subarray(0, length);
}

/**
 * @param {{ seed: number, keyLen: number, valueLen: number }} plan
 * @param {number} seq from 0.
 * @returns {{ op: "put", seq: number, key: Buffer, payload: Buffer } | { op: "del", seq: number, key: Buffer }}
 */
export function operationAt({ seed, keyLen, valueLen }, seq) {
  const number = BigInt(seq);
  const id = (number * 0x100000001b3n) & MASK & KEYS_MASK;
  const key = bytesOf((BigInt(seed) ^ id) + GOLDEN_GAMMA, keyLen);
  if (number % DELETE_EVERY === DELETE_EVERY - 1n) return { op: "del", seq, key };
  return { op: "put", seq, key, payload: bytesOf(BigInt(seed) ^ number ^ VALUE_SALT, valueLen) };
}

/** The line of an acknowledged operation, as the crate's harness writes it. */
export function oracleLine({ op, seq, key, payload }) {
  const facts = { op, seq, key: key.toString("base64") };
  return `${JSON.stringify(payload ? { ...facts, payload: payload.toString("base64") } : facts)}\n`;
}

/** Numbers that both commands take. */
export const PLAN_OPTIONS = {
  seed: { type: "string", default: "1" },
  "key-len": { type: "string", default: "16" },
  "value-len": { type: "string", default: "96" },
};

/** @throws Error for what is no plan */
export function planOf(values) {
  return {
    seed: numberIn(values, "seed", 0, Number.MAX_SAFE_INTEGER),
    keyLen: numberIn(values, "key-len", 1, 512),
    valueLen: numberIn(values, "value-len", 1, 65_536),
  };
}

export function numberIn(values, name, least, most) {
  const number = Number(values[name]);
  if (Number.isSafeInteger(number) && number >= least && number <= most) return number;
  throw new Error(`--${name} expected ${least} to ${most}, got ${values[name]}`);
}
