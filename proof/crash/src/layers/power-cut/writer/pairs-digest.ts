import { createHash } from "node:crypto";
import { RecordType } from "@datawal/format";
import { type OracleRecord, OracleViolation } from "@datawal/oracle";

/** Of the pairs of a store that is open. */
export function digestOf(db: { entries(): Iterable<readonly [Uint8Array, Uint8Array]> }): string {
  const pairs = new PairsDigest();
  for (const [key, value] of db.entries()) pairs.put(key, value);
  return pairs.text;
}

/** A state of pairs, and a text for it: the same for the same pairs. */
export class PairsDigest {
  readonly #valueHashes = new Map<string, string>();

  get text(): string {
    return sha256([...this.#valueHashes].sort().join("\n"));
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#valueHashes.set(nameOf(key), sha256(value));
  }

  delete(key: Uint8Array): void {
    this.#valueHashes.delete(nameOf(key));
  }
}

/**
 * The first of these changes, at least so many, behind which a store has the pairs of a digest.
 *
 * @param isWithinGroup As the oracle's `hasPairsOf` takes it.
 * @throws OracleViolation there are none
 */
export function changesBehind(
  digest: string,
  changes: readonly OracleRecord[],
  least: number,
  isWithinGroup = (_count: number) => false,
): OracleRecord[] {
  const state = new PairsDigest();
  if (least === 0 && state.text === digest) return [];
  for (const [index, { type, key, payload }] of changes.entries()) {
    if (type === RecordType.Put) state.put(key, payload);
    else state.delete(key);
    const count = index + 1;
    if (count >= least && !isWithinGroup(count) && state.text === digest) return changes.slice(0, count);
  }
  throw new OracleViolation(
    "9 compaction",
    `a writer found other pairs than those behind any of ${least} to ${changes.length} changes`,
  );
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key).toString("hex");
}

function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
