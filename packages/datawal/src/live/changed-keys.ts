import type { Bytes } from "@datawal/format";
import type { Keydir } from "../keydir/keydir.js";

/** Keys of which a follower is to be told what became of them, each once, in the order in which they came. */
export class ChangedKeys {
  /** Their bytes as latin1 strings: one character a byte. */
  readonly #keys = new Set<string>();
  /** One for many keys: each new one would pass over all that were taken. */
  #next = this.#keys.values();

  /** The key is the bytes [start, end). */
  add(bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.#keys.add(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1"));
  }

  addAll(keydir: Keydir): void {
    for (const [key] of keydir.entries()) this.add(key);
  }

  /** Those that lead into these segments. */
  addThoseIn(segments: readonly number[], keydir: Keydir): void {
    if (segments.length === 0) return;
    for (const [key, { segment }] of keydir.entries()) if (segments.includes(segment)) this.add(key);
  }

  /** @returns The next one, the caller's to keep; it is not told again before it changes again. */
  take(): Bytes | undefined {
    let next = this.#next.next();
    if (next.done) {
      this.#next = this.#keys.values();
      next = this.#next.next();
    }
    if (next.done) return undefined;
    this.#keys.delete(next.value);
    return Uint8Array.from(Buffer.from(next.value, "latin1"));
  }
}
