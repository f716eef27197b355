import { useFile } from "@datawal/safeatomic/internal";
import { readCrc } from "../store/file-range.js";
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
export function lastFrame(
  { fileSystem }: Store,
  { lastWithFrames: last, txids }: Inspection,
): FrameMark | undefined {
  if (!last) return undefined;
  const { segment, path, lastFrameOffset, validEnd } = last;
  const crc = useFile(fileSystem, path, "read", (file) => readCrc(file, path, validEnd));
  return { segment, offset: lastFrameOffset!, txid: txids.last, crc };
}
