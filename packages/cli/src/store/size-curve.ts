import type { LogRecord } from "@datawal/record-log";
import { SpaceCount } from "./segment-space.js";

/** How large a log was behind some record. */
export interface SizePoint {
  txid: bigint;
  /** Of all records up to it. */
  bytes: number;
  /** Of those that held the values of live keys then. */
  liveBytes: number;
}

/** A curve is drawn with at most so many points, and keeps up to twice as many while it grows. */
const POINTS = 256;

/** Counts what each segment is good for, and how that came about, at points spread over the log. */
export class SizeCurve {
  readonly space = new SpaceCount();
  #points: SizePoint[] = [];
  #stride = 1;
  #records = 0;
  #bytes = 0;
  #last: bigint | undefined;

  /** @param record The log's next one; not kept. */
  take(record: LogRecord): void {
    this.space.take(record);
    this.#bytes += record.len;
    this.#last = record.txid;
    if (this.#records++ % this.#stride !== 0) return;
    this.#points.push(this.#point(record.txid));
    if (this.#points.length < 2 * POINTS) return;
    this.#points = this.#points.filter((_, index) => index % 2 === 0);
    this.#stride *= 2;
  }

  /** In the order of the log; the last record is the last point. */
  get points(): readonly SizePoint[] {
    if (this.#last === undefined || this.#points.at(-1)?.txid === this.#last) return this.#points;
    return [...this.#points, this.#point(this.#last)];
  }

  #point(txid: bigint): SizePoint {
    return { txid, bytes: this.#bytes, liveBytes: this.space.liveBytes };
  }
}
