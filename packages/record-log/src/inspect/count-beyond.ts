import { FrameCursor } from "@datawal/format";
import { type Steps, useFileSteps } from "@datawal/safeatomic/internal";
import { readBytes } from "../store/file-range.js";
import type { Store } from "../store/store.js";
import type { Damage, FrameVisitor, Inspection } from "./inspection.js";
import type { RecoveryWarning } from "./recovery-warning.js";
import { makeReport, type RecoveryReport, searchWarnings } from "./report.js";
import { type BeyondResult, searchBeyond } from "./search-beyond.js";
import type { FoundFrame } from "./search-region.js";

/** @param visit Called for each valid frame behind the damage, read and proven again. */
export function countBeyond(
  { fileSystem, crc }: Store,
  damage: Damage,
  afterTxid: bigint,
  visit?: FrameVisitor,
): Steps<BeyondResult> {
  const { path, segment, offset, bytes: byteCount } = damage;
  return useFileSteps(fileSystem, path, "read", (file) => {
    const range = { file, path, offset, byteCount };
    const show = function* (frame: FoundFrame): Steps<void> {
      yield { kind: "progress", bytesDone: frame.offset - offset, bytesTotal: byteCount };
      const cursor = new FrameCursor();
      const bytes = readBytes(file, path, frame.offset, frame.len);
      if (cursor.read(bytes, 0, crc) === "record") visit!(cursor, segment, frame.offset);
    };
    return searchBeyond(range, afterTxid, crc, visit && show);
  });
}

/** The report on a log whose active segment may be damaged, the valid frames behind the damage counted. */
export function* reportTail(
  store: Store,
  inspection: Inspection,
  damage: Damage | undefined,
  warnings: readonly RecoveryWarning[],
): Steps<RecoveryReport> {
  if (!damage) return makeReport(inspection, undefined, undefined, [...warnings]);
  const beyond = yield* countBeyond(store, damage, inspection.txids.last);
  return makeReport(inspection, damage, beyond.frames, [...warnings, ...searchWarnings(damage, beyond)]);
}
