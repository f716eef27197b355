import { FrameCursor } from "@datawal/format";
import { type Steps, useFileSteps } from "@datawal/safeatomic/internal";
import { readBytes, readCrc } from "../store/file-range.js";
import type { Store } from "../store/store.js";
import type { FrameVisitor, Inspection, SegmentFindings } from "./inspection.js";
import type { RecoveryWarning } from "./recovery-warning.js";
import { makeReport, type RecoveryReport, searchWarnings } from "./report.js";
import { type BeyondResult, searchBeyond } from "./search-beyond.js";
import type { FoundFrame } from "./search-region.js";

/**
 * Those behind a segment's damage. Frames of a group that is cut are none: they stand where they were written, and were
 * never acknowledged.
 *
 * @param visit Called for each of them, read and proven again.
 */
export function countBeyond(
  { fileSystem, crc }: Store,
  { path, segment, size, validEnd, cutGroup }: SegmentFindings,
  afterTxid: bigint,
  visit?: FrameVisitor,
): Steps<BeyondResult> {
  const offset = cutGroup?.end ?? validEnd;
  const byteCount = size - offset;
  const ofGroup = new Set(cutGroup?.crcs);
  let framesOfGroup = 0;
  return useFileSteps(fileSystem, path, "read", function* (file) {
    const range = { file, path, offset, byteCount };
    const show = function* (frame: FoundFrame): Steps<void> {
      yield { kind: "progress", bytesDone: frame.offset - offset, bytesTotal: byteCount };
      if (ofGroup.has(readCrc(file, path, frame.offset + frame.len))) framesOfGroup++;
      else if (visit) {
        const cursor = new FrameCursor();
        const bytes = readBytes(file, path, frame.offset, frame.len);
        if (cursor.read(bytes, 0, crc) === "record") visit(cursor, segment, frame.offset);
      }
    };
    const found = yield* searchBeyond(range, afterTxid, crc, visit || cutGroup ? show : undefined);
    return { ...found, frames: found.frames - framesOfGroup };
  });
}

/** The report on a log whose active segment may be damaged, the valid frames behind the damage counted. */
export function* reportTail(
  store: Store,
  inspection: Inspection,
  findings: SegmentFindings | undefined,
  warnings: readonly RecoveryWarning[],
): Steps<RecoveryReport> {
  const damage = findings?.damage;
  if (!damage) return makeReport(inspection, undefined, undefined, [...warnings]);
  const beyond = yield* countBeyond(store, findings, inspection.txids.last);
  return makeReport(inspection, damage, beyond.frames, [...warnings, ...searchWarnings(damage, beyond)]);
}
