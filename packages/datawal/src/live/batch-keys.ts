import { RecordType } from "@datawal/format";

/** The keys of a batch that is being drawn, and what becomes of each. Who never asks pays nearly nothing. */
export class BatchKeys {
  readonly #types: RecordType[] = [];
  readonly #keys: Uint8Array[] = [];
  /** Of those that were looked at, the last type of each, by its bytes as latin1. */
  readonly #lastTypes = new Map<string, RecordType>();
  #lookedAtCount = 0;

  /** @param key A copy is taken: it may be the caller's memory. */
  add(type: RecordType, key: Uint8Array): void {
    this.#types.push(type);
    this.#keys.push(key.slice());
  }

  /** Whether a key is live behind what the batch has by now; `undefined` where it has nothing of it. */
  isLive(key: Uint8Array): boolean | undefined {
    for (; this.#lookedAtCount < this.#keys.length; this.#lookedAtCount++)
      this.#lastTypes.set(latin1(this.#keys[this.#lookedAtCount]!), this.#types[this.#lookedAtCount]!);
    const type = this.#lastTypes.get(latin1(key));
    return type === undefined ? undefined : type === RecordType.Put;
  }
}

function latin1({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("latin1");
}
