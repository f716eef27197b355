import { type Crc32c, FrameCursor } from "@datawal/format";
import type { Steps } from "@datawal/safeatomic/internal";
import { type FileRange, readExactly } from "../store/file-range.js";
import type { Store } from "../store/store.js";
import type { Damage, FrameVisitor, Inspection } from "./inspection.js";
import type { RecoveryWarning } from "./recovery-warning.js";
import { makeReport, type RecoveryReport, searchWarnings } from "./report.js";
import { type BeyondResult, searchBeyond } from "./search-beyond.js";
import type { FoundFrame } from "./search-region.js";

/** @param visit Called for each valid frame behind the damage, read and proven again. */
export function* countBeyond(
  { fileSystem, crc }: Store,
  damage: Damage,
  afterTxid: bigint,
  visit?: FrameVisitor,
): Steps<BeyondResult> {
  const { path, segment, offset, bytes: byteCount } = damage;
  const file = fileSystem.open(path, "read");
  try {
    const range = { file, path, offset, byteCount };
    const show = function* (frame: FoundFrame): Steps<void> {
      yield { kind: "progress", bytesDone: frame.offset - offset, bytesTotal: byteCount };
      visitFrame(range, frame, segment, crc, visit!);
    };
    return yield* searchBeyond(range, afterTxid, crc, visit && show);
  } finally {
    file.close();
  }
}

function visitFrame(
  { file, path }: FileRange,
  { offset, len }: FoundFrame,
  segment: number,
  crc: Crc32c,
  visit: FrameVisitor,
): void {
  const bytes = new Uint8Array(len);
  readExactly(file, path, bytes, 0, len, offset);
  const cursor = new FrameCursor();
  if (cursor.read(bytes, 0, crc) === "record") visit(cursor, segment, offset);
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
