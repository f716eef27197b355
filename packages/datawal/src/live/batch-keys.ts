import { FrameCursor, RecordType } from "@datawal/format";
import type { FrameRange } from "@datawal/record-log/internal";

/** What becomes of the keys of a batch that is being drawn. Who never asks pays nothing. */
export class BatchKeys {
  readonly #cursor = new FrameCursor();
  /** Of the frames that were looked at, the last type of each key, by its bytes as latin1. */
  readonly #lastTypes = new Map<string, RecordType>();
  #lookedAtCount = 0;
  #lookedAtBytes = 0;

  /**
   * Whether a key is live behind what the batch has by now; `undefined` where it has nothing of it.
   *
   * @param pending All of the batch's frames so far.
   */
  isLive(key: Uint8Array, { bytes, start, count }: FrameRange): boolean | undefined {
    const cursor = this.#cursor;
    for (; this.#lookedAtCount < count; this.#lookedAtCount++) {
      cursor.readHeader(bytes, start + this.#lookedAtBytes);
      this.#lastTypes.set(latin1(bytes, cursor.keyStart, cursor.payloadStart), cursor.type);
      this.#lookedAtBytes = cursor.end - start;
    }
    const type = this.#lastTypes.get(latin1(key));
    return type === undefined ? undefined : type === RecordType.Put;
  }
}

function latin1(bytes: Uint8Array, start = 0, end = bytes.length): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
}
