import { CRC_LEN } from "@datawal/format";
import { type ReadableFile, readExactly } from "../store/file-range.js";
import type { Store } from "../store/store.js";
import type { Inspection } from "./inspection.js";

/** By what a frame is known again, if it still stands where it stood. */
export interface FrameMark {
  segment: number;
  /** Where the frame starts in the segment. */
  offset: number;
  txid: bigint;
  crc: number;
}

/** The same for two marks if they mark the same frame; empty for none. */
export function markKey(mark: FrameMark | undefined): string {
  return mark ? `${mark.segment} ${mark.offset} ${mark.txid} ${mark.crc}` : "";
}

/** The last frame of the log, as far as it was read; `undefined` where there is none. */
export function lastFrame({ fileSystem }: Store, { segments, txids }: Inspection): FrameMark | undefined {
  const last = segments.findLast(({ lastFrameOffset }) => lastFrameOffset !== undefined);
  if (!last) return undefined;
  const { segment, path, lastFrameOffset, validEnd } = last;
  const file = fileSystem.open(path, "read");
  try {
    const crc = readCrc(file, path, validEnd);
    return { segment, offset: lastFrameOffset!, txid: txids.last, crc };
  } finally {
    file.close();
  }
}

/** The CRC in the last bytes of a frame that ends at an offset. */
export function readCrc(file: ReadableFile, path: string, frameEnd: number): number {
  const bytes = new DataView(new ArrayBuffer(CRC_LEN));
  readExactly(file, path, new Uint8Array(bytes.buffer), 0, CRC_LEN, frameEnd - CRC_LEN);
  return bytes.getUint32(0, true);
}
