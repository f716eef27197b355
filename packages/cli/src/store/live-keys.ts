import { RecordType } from "@datawal/format";
import type { LogRecord } from "@datawal/record-log";

/** Gathers the live keys of a log, damaged or not, in the order in which readers have them. */
export class LiveKeys {
  /** The keys' bytes as latin1 strings: one character a byte. */
  readonly #keys = new Set<string>();
  readonly #prefix: string;

  /** @param prefix Only keys that begin with it are gathered. */
  constructor(prefix: string) {
    this.#prefix = Buffer.from(prefix).toString("latin1");
  }

  /** @param record The log's next one; not kept. */
  take({ type, key }: LogRecord): void {
    if (type === RecordType.Raw) return;
    const text = Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");
    if (type === RecordType.Delete) this.#keys.delete(text);
    else if (text.startsWith(this.#prefix)) this.#keys.add(text);
  }

  get count(): number {
    return this.#keys.size;
  }

  *[Symbol.iterator](): IterableIterator<Uint8Array> {
    for (const key of this.#keys) yield Buffer.from(key, "latin1");
  }
}
