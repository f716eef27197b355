import { type Crc32c, decodeGroupHead, FrameCursor, type GroupHead, RecordType } from "@datawal/format";
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

/** Looks at the groups of one segment, one behind the other. */
export class GroupInspector {
  readonly #isLast: boolean;
  /** Where another writer has gone on: what lies before it was its log. Looked for anew for each head it would cost a square. */
  #goneOnAt = 0;

  /** @param isLast Whether the log ends with the segment: no crash of ours seals a part of a group. */
  constructor(isLast: boolean) {
    this.#isLast = isLast;
  }

  /**
   * Looks at what stands behind a head, which the reader has just read, and stays behind.
   *
   * Records of a group have txids two apart, so that none is the next one to another writer: who appends behind a part gives
   * the largest txid plus one. Any other frame there is an old one, which a power cut has shown.
   *
   * @param maxTxid The largest before the head. The head's may be another one: it may be an old frame itself, or stand
   * behind what salvage has put back.
   * @param progress Told while it looks.
   */
  *inspect(
    reader: SegmentReader,
    head: GroupHead,
    maxTxid: bigint,
    progress: ProgressStep,
  ): Steps<GroupFindings> {
    const { ahead, count, end } = yield* compareGroup(reader, head, progress);
    if (count === head.records) return { state: "whole", end };
    if (this.#isLast && reader.frameOffset >= this.#goneOnAt) {
      const lastTxid = reader.cursor.txid + 2n * BigInt(count);
      const at = yield* placeGoneOn(ahead, [lastTxid + 1n, maxTxid + 1n], progress);
      if (at === undefined) return { state: "cut", end };
      this.#goneOnAt = at;
    }
    return { state: "broken", end };
  }
}

/**
 * Compares the frames behind a head with its list.
 *
 * @returns How many are as listed, and where they end; a reader that stands where the next one should.
 */
function* compareGroup(
  reader: SegmentReader,
  { crcs }: GroupHead,
  progress: ProgressStep,
): Steps<{ ahead: SegmentReader; count: number; end: number }> {
  const ahead = reader.fork();
  let count = 0;
  let end = ahead.nextOffset;
  while (count < crcs.length && (yield* ahead.read(() => progress)) === "record") {
    if (ahead.cursor.storedCrc !== crcs[count]) {
      ahead.unread();
      break;
    }
    count++;
    end = ahead.nextOffset;
  }
  return { ahead, count, end };
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
  yield* reader.read(() => progress);
  const head = groupHeadAt(reader.cursor);
  return head !== undefined && (yield* compareGroup(reader, head, progress)).count < head.records;
}

/** Where another writer has gone on, whose first frame has one of these txids: the place of that. */
function* placeGoneOn(
  reader: SegmentReader,
  nextTxids: readonly bigint[],
  progress: ProgressStep,
): Steps<number | undefined> {
  while ((yield* reader.read(() => progress)) === "record") {
    // Not that of a frame in between plus one: what we have appended behind the group goes on so, too.
    if (nextTxids.includes(reader.cursor.txid)) return reader.frameOffset;
  }
  return undefined;
}
