import { RecordType } from "@datawal/format";
import fc from "fast-check";

/** A record of the store that is going to be damaged. */
export interface SmallRecord {
  type: RecordType;
  keyLen: number;
  payloadLen: number;
  fill: number;
}

/** What happens to a store. `segment` counts the segments there are, wrapping around; `at` is in thousandths. */
export type Damage =
  | { do: "cut"; segment: number; bytes: number }
  | { do: "flip"; segment: number; at: number; bit: number }
  | { do: "zero-end"; segment: number; bytes: number }
  | { do: "append"; segment: number; tail: Tail; bytes: number }
  | { do: "remove"; segment: number }
  | { do: "empty"; segment: number }
  | { do: "replace"; segment: number; bytes: number }
  | { do: "swap"; segment: number; other: number }
  | { do: "copy-as-next"; segment: number }
  | { do: "overlong-name"; name: OverlongName; segment: number }
  | { do: "foreign"; name: string; isDirectory: boolean }
  | { do: "link"; segment: number; isDangling: boolean }
  | { do: "directory-as-next" }
  | { do: "lock-link" }
  | { do: "quarantine-file"; segment: number; offset: number }
  | { do: "temporary-file"; segment: number };

/** What is appended to a segment. */
export type Tail = keyof typeof TAILS;

const TAILS = {
  zeros: "zero bytes",
  noise: "any bytes",
  magic: "DWAL, then zeros",
  "half-frame": "a frame cut short",
  "newer-frame": "a whole frame of version 2",
  "other-type": "a whole frame of type 9",
  flagged: "a whole frame with a flag",
  "huge-key": "a header with a key length beyond the limit",
  "huge-payload": "a header with a payload length beyond the limit",
} as const;

const OVERLONG_NAMES = ["100000000.dwal", "000000001.dwal", "999999999.dwal"] as const;
type OverlongName = (typeof OVERLONG_NAMES)[number];

/** Names that neither side counts as a segment, nor we as our own. */
const FOREIGN_NAMES = [
  "garbage.txt",
  "1.dwal",
  "0000000a.dwal",
  "00000001.txt",
  "00000001.dwal.bak",
  "00000001.DWAL",
  "MANIFEST",
  "CURRENT",
  ".hidden",
  "00000002.dwal~",
  "file with spaces",
  "日本.dwal",
];

export interface DamageCase {
  writer: "ours" | "reference";
  segments: SmallRecord[][];
  damages: Damage[];
}

const segment = fc.nat(3);
/** The last segment more often than the others: only its end may be damaged by a crash. */
const mostlyLast = fc.oneof({ weight: 3, arbitrary: fc.constant(-1) }, { weight: 2, arbitrary: segment });

const damage: fc.Arbitrary<Damage> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant("cut" as const), segment: mostlyLast, bytes: fc.nat(90) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("flip" as const),
      segment: mostlyLast,
      at: fc.nat(999),
      bit: fc.nat(7),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("zero-end" as const), segment: mostlyLast, bytes: fc.nat(90) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("append" as const),
      segment: mostlyLast,
      tail: fc.constantFrom(...(Object.keys(TAILS) as Tail[])),
      bytes: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 500, max: 1100 })),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("remove" as const), segment }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("empty" as const), segment }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("replace" as const),
      segment,
      bytes: fc.integer({ min: 1, max: 40 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("swap" as const), segment, other: segment }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("copy-as-next" as const), segment }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("overlong-name" as const),
      name: fc.constantFrom(...OVERLONG_NAMES),
      segment,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("foreign" as const),
      name: fc.constantFrom(...FOREIGN_NAMES),
      isDirectory: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("link" as const), segment, isDangling: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "directory-as-next" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "lock-link" as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("quarantine-file" as const), segment, offset: fc.nat(100) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("temporary-file" as const), segment }) },
);

const record: fc.Arbitrary<SmallRecord> = fc.record({
  type: fc.constantFrom(RecordType.Raw, RecordType.Put, RecordType.Delete),
  keyLen: fc.nat(5),
  payloadLen: fc.oneof({ weight: 8, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.nat(1200) }),
  fill: fc.nat(255),
});

export const damageCase: fc.Arbitrary<DamageCase> = fc.record({
  writer: fc.constantFrom("ours", "reference"),
  segments: fc.array(fc.array(record, { maxLength: 4 }), { minLength: 1, maxLength: 4 }),
  damages: fc.array(damage, { minLength: 1, maxLength: 3 }),
});
