/** What a writer of groups is to do. */
export interface GroupOrder {
  store: string;
  /** Where it says which groups are written: kind and number, a line each. */
  testimony: string;
  /** Whether it writes its groups record by record, which the layer must notice. */
  isPlanted: boolean;
}

/** How many records a group has, and bytes of each value: 512 bytes to 2 MiB together. */
export const KINDS: readonly { records: number; bytes: number }[] = [
  { records: 2, bytes: 200 },
  { records: 40, bytes: 900 },
  { records: 8, bytes: 60_000 },
  { records: 3, bytes: 699_000 },
];

export function keyOf(kind: number, index: number): string {
  return `kind ${kind}, record ${index}`;
}

/** Tells the number of its group, from its first byte to its last. */
export function valueWith(number: bigint, byteCount: number): Uint8Array {
  return Buffer.alloc(byteCount, `${number}. `);
}

export function numberOf(value: Uint8Array): bigint {
  return BigInt(/^\d+/.exec(Buffer.from(value.subarray(0, 24)).toString("latin1"))![0]);
}
