import { RecordType } from "@datawal/format";
import fc from "fast-check";
import type { BatchChange, Layer } from "../../sides/side.js";

/** Bytes told in few words, so that a counterexample can be read: `count` times the byte `fill`. */
export interface Filling {
  count: number;
  fill: number;
}

/** One operation of a batch. */
export interface Change {
  key: number;
  value: Filling | undefined;
}

/** One step of a script. Keys are indexes into {@link KEYS}. */
export type Operation =
  | { do: "append"; payload: Filling }
  | { do: "append-record"; type: RecordType; key: number; payload: Filling }
  | { do: "put"; key: number; value: Filling }
  | { do: "delete"; key: number }
  /** All or nothing, and always by us: the reference has none. Without a value the key is deleted. */
  | { do: "batch"; changes: Change[] }
  | { do: "rotate" }
  | { do: "fsync" }
  | { do: "close" }
  | { do: "reopen"; layer: Layer }
  | { do: "switch-sides" }
  /** In place, and always by us: the reference cannot. `share` is tenths of a segment that must be waste. */
  | { do: "compact"; share: number }
  // What must fail, and alike.
  | { do: "append-too-long-key" }
  | { do: "open-twice" }
  | { do: "compact-onto-itself" };

/** Few, so that they are put again and deleted: empty, short, not UTF-8, that begin alike, the longest of all. */
export const KEYS: readonly Uint8Array[] = [
  new Uint8Array(0),
  Buffer.from("a"),
  Buffer.from("ab"),
  Buffer.from("key-1"),
  Buffer.from("ключ"),
  Uint8Array.of(0, 0xff, 0, 0xfe),
  Buffer.from("DWAL"),
  new Uint8Array(300).fill(0x6b),
  new Uint8Array(65_536).fill(0x4c),
];

export const TOO_LONG_KEY = new Uint8Array(65_537);

export function filled({ count, fill }: Filling): Uint8Array {
  return new Uint8Array(count).fill(fill);
}

export function batchChange({ key, value }: Change): BatchChange {
  return { key: KEYS[key]!, value: value && filled(value) };
}

const fill = fc.nat(255);
const filling = fc.oneof(
  { weight: 400, arbitrary: fc.record({ count: fc.nat(64), fill }) },
  { weight: 40, arbitrary: fc.record({ count: fc.integer({ min: 65, max: 5000 }), fill }) },
  // Around the sizes at which our writer changes from its buffer to a gathered write.
  { weight: 1, arbitrary: fc.record({ count: fc.integer({ min: 65_480, max: 65_560 }), fill }) },
);
const key = fc.oneof(
  { weight: 400, arbitrary: fc.nat(KEYS.length - 2) },
  { weight: 1, arbitrary: fc.constant(KEYS.length - 1) },
);
const type = fc.constantFrom(RecordType.Raw, RecordType.Put, RecordType.Delete);
const layer = fc.constantFrom<Layer>("log", "kv");

/** Three in four are puts. */
const change = fc.record<Change>({ key, value: fc.option(filling, { nil: undefined, freq: 4 }) });
export const changes = fc.oneof(
  { weight: 3, arbitrary: fc.array(change, { minLength: 2, maxLength: 6, size: "max" }) },
  { weight: 1, arbitrary: fc.array(change, { minLength: 7, maxLength: 40, size: "max" }) },
);

type Weighted = { weight: number; arbitrary: fc.Arbitrary<Operation> };

/** What a key/value store has and a crash may cut short. */
const ofPairs: readonly Weighted[] = [
  { weight: 16, arbitrary: fc.record({ do: fc.constant("put" as const), key, value: filling }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("delete" as const), key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("batch" as const), changes }) },
  { weight: 4, arbitrary: fc.constant({ do: "rotate" as const }) },
  { weight: 5, arbitrary: fc.constant({ do: "fsync" as const }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("compact" as const), share: fc.constantFrom(0, 3, 6) }),
  },
];

const ofSides: readonly Weighted[] = [
  { weight: 3, arbitrary: fc.constant({ do: "close" as const }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("reopen" as const), layer }) },
  { weight: 6, arbitrary: fc.constant({ do: "switch-sides" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "append-too-long-key" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "open-twice" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "compact-onto-itself" as const }) },
];

const ofLogs: readonly Weighted[] = [
  { weight: 14, arbitrary: fc.record({ do: fc.constant("append" as const), payload: filling }) },
  {
    weight: 10,
    arbitrary: fc.record({ do: fc.constant("append-record" as const), type, key, payload: filling }),
  },
];

const OPERATIONS_MAX = 80;

/** 1 to 80 steps, long ones as likely as short ones. */
function scriptOf(...operations: readonly Weighted[]): fc.Arbitrary<Operation[]> {
  return fc.array(fc.oneof(...operations), { minLength: 1, maxLength: OPERATIONS_MAX, size: "max" });
}

/** Half of them without Raw records, the first of which ends a compaction in place. */
export const script: fc.Arbitrary<Operation[]> = fc.oneof(
  scriptOf(...ofPairs, ...ofSides),
  scriptOf(...ofPairs, ...ofSides, ...ofLogs),
);

/** What fills a key/value store that is then compacted in place. */
export const pairsScript: fc.Arbitrary<Operation[]> = scriptOf(...ofPairs);
