import { sipHash } from "../../../src/keydir/hash.js";
import { Keydir } from "../../../src/keydir/keydir.js";

export const COUNT = 60_000;

const place = { segment: 1, offset: 0, len: 30 };
const keys = Buffer.from(
  Array.from({ length: COUNT }, (_, at) => `key-${String(at).padStart(12, "0")}`).join(""),
);

/** Sets each key of a new directory, overwrites it, and deletes every second one. */
export function work(): void {
  const keydir = new Keydir({ hash: sipHash(1, 2) });
  for (const offset of [1, 2]) {
    for (let start = 0; start < keys.length; start += 16) {
      place.offset = start * offset;
      keydir.set(keys, place, start, start + 16);
    }
  }
  for (let start = 0; start < keys.length; start += 32) keydir.delete(keys, start, start + 16);
}
