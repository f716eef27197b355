import { FrameCursor } from "@datawal/format";
import { isGroupKey } from "@datawal/format/internal";
import type { AppendedRecord } from "../log-record.js";
import type { FrameRange } from "../store/frame-ring.js";
import type { BatchListener } from "./batch.js";

/** Where the records of a batch lie; heads of groups are none of them. */
export class AppendedRecords implements BatchListener {
  readonly records: AppendedRecord[] = [];
  readonly #cursor = new FrameCursor();

  willAppend(): void {}

  appended({ bytes, start, count }: FrameRange, segment: number, offset: number): void {
    const cursor = this.#cursor;
    let at = start;
    for (let index = 0; index < count; index++, at = cursor.end) {
      cursor.readHeader(bytes, at);
      if (isGroupKey(bytes, cursor.keyStart, cursor.payloadStart)) continue;
      const { txid, end } = cursor;
      this.records.push({ segment, offset: offset + at - start, len: end - at, txid });
    }
  }
}
