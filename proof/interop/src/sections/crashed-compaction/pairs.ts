import type { BatchChange, SeenPair } from "../../sides/side.js";

/** The text that the same pairs share, whatever their order. */
export function pairsText(pairs: readonly SeenPair[]): string {
  const texts = pairs.map((pair) => `${base64(pair.key)}=${base64(pair.value)}`);
  return texts.sort().join();
}

export function withoutKey(pairs: readonly SeenPair[], gone: Uint8Array): SeenPair[] {
  return pairs.filter(({ key }) => Buffer.compare(key, gone) !== 0);
}

/** The pairs behind a batch. */
export function withChanges(pairs: readonly SeenPair[], changes: readonly BatchChange[]): SeenPair[] {
  return changes.reduce<SeenPair[]>(
    (left, { key, value }) => [...withoutKey(left, key), ...(value ? [{ key, value }] : [])],
    [...pairs],
  );
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
