import {
  type Crc32c,
  decodeGroupHead,
  FrameCursor,
  type FrameOutcome,
  type GroupHead,
  RecordType,
} from "@datawal/format";
import { groupHeadWireSize, isGroupKey } from "@datawal/format/internal";
import type { ProgressStep, Steps } from "@datawal/safeatomic/internal";
import { type FileRange, readBytes } from "../store/file-range.js";
import type { FoundFrame } from "./search-region.js";
import { SegmentReader } from "./segment-reader.js";

/** What stands behind the head of a group (disk-rules R20). */
export interface GroupFindings {
  /**
   * - `whole`: all of its records.
   * - `cut`: fewer, then no frame, or one that nobody has appended there. At the end of the log nothing of it counts.
   * - `broken`: fewer, then frames of another writer, who has taken the log to go on there. All count, each by itself.
   */
  state: "whole" | "cut" | "broken";
  /** Where its last record ends, in bytes from the start of the file; the head's end without one. */
  end: number;
}

/** What a frame says that is the head of a group. */
export function groupHeadAt(cursor: FrameCursor): GroupHead | undefined {
  const { type, bytes, keyStart, payloadStart } = cursor;
  if (type !== RecordType.Delete || !isGroupKey(bytes, keyStart, payloadStart)) return undefined;
  return decodeGroupHead(cursor);
}

/**
 * Looks at what stands behind a head, which the reader has just read, and stays behind.
 *
 * Records of a group have txids two apart, so that none is the next one to another writer: who appends behind a part gives
 * the largest txid plus one. Any other frame there is an old one, which a power cut has shown.
 *
 * @param progress Told while it looks.
 */
export function* inspectGroup(
  reader: SegmentReader,
  { bytes, crcs }: GroupHead,
  progress: ProgressStep,
): Steps<GroupFindings> {
  const ahead = reader.fork();
  const start = reader.nextOffset;
  let end = start;
  for (const [index, crc] of crcs.entries()) {
    if ((yield* nextFrame(ahead, progress)) !== "record") return { state: "cut", end };
    if (ahead.cursor.storedCrc !== crc) {
      const lastTxid = reader.cursor.txid + 2n * BigInt(index);
      return { state: (yield* isGoneOn(ahead, lastTxid, progress)) ? "broken" : "cut", end };
    }
    end = ahead.nextOffset;
  }
  return { state: end - start === bytes ? "whole" : "broken", end };
}

/** Whether a frame is the head of a group whose records do not all stand behind it: it would hide those that do. */
export function* isHeadAlone(range: FileRange, { offset, len }: FoundFrame, crc: Crc32c): Steps<boolean> {
  const { file, path } = range;
  const beginning = readBytes(file, path, offset, Math.min(len, groupHeadWireSize(0)));
  const cursor = new FrameCursor();
  cursor.readHeader(beginning, 0);
  if (cursor.type !== RecordType.Delete || !isGroupKey(beginning, cursor.keyStart, cursor.payloadStart))
    return false;
  const reader = new SegmentReader(crc);
  const size = range.offset + range.byteCount;
  const progress = { kind: "progress", bytesDone: offset, bytesTotal: size } as const;
  reader.start(file, path, size, offset);
  yield* nextFrame(reader, progress);
  const head = groupHeadAt(reader.cursor);
  return head !== undefined && (yield* inspectGroup(reader, head, progress)).state !== "whole";
}

/** Whether another writer has gone on from a log, with the frame that was read or one behind it. */
function* isGoneOn(reader: SegmentReader, lastTxid: bigint, progress: ProgressStep): Steps<boolean> {
  let maxTxid = lastTxid;
  do {
    const { txid } = reader.cursor;
    if (txid === maxTxid + 1n) return true;
    if (txid > maxTxid) maxTxid = txid;
  } while ((yield* nextFrame(reader, progress)) === "record");
  return false;
}

/** As `reader.next()`, with what has to be read for it. */
function* nextFrame(reader: SegmentReader, progress: ProgressStep): Steps<FrameOutcome | "end"> {
  for (;;) {
    const outcome = reader.next();
    if (outcome !== "more") return outcome;
    reader.fill();
    yield progress;
  }
}
