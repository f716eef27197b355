import type { BytesLike, RecordType } from "@datawal/format";
import type { AppendedRecord } from "../log-record.js";
import type { FrameRange } from "../store/frame-ring.js";

/** Adds a record to a batch; its bytes are copied. A key as `bytesOf` gives it. */
type AddRecord = (type: RecordType, key: Uint8Array, payload: BytesLike) => void;

/** Adds the records of a batch, one by one. `pending` gives those that are not written yet: of a group all so far. */
export type Draw = (add: AddRecord, pending: () => FrameRange) => void;

/** Who takes in what a batch appends. */
export interface BatchListener {
  /** Where they lie, as far as that is kept. */
  readonly records: readonly AppendedRecord[];
  /** Called before each write: behind it {@link appended} must not fail. What it throws keeps the frames out of the log. */
  willAppend(frames: FrameRange): void;
  /** Called behind each write, which has put the frames there. */
  appended(frames: FrameRange, segment: number, offset: number): void;
}
