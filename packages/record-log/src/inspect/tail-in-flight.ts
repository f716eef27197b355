import { type Steps, sleep, waitFor } from "@datawal/safeatomic/internal";
import type { Inspection, SegmentFindings } from "./inspection.js";

/** How long a writer is given to finish the append that may be in flight, and how often (disk-rules R11). */
const PAUSE_MS = 20;
const ATTEMPTS = 3;

/**
 * Reads the last segment of a log that may have a live writer. Damage at its end that changes when it is read again is
 * an append in flight: what was read ends before it, and it is no finding.
 */
export function* readLastSegment(inspection: Inspection, segment: number): Steps<SegmentFindings> {
  const findings = yield* inspection.read(segment, true);
  yield* settleTail(inspection, findings);
  return findings;
}

/** Reads on in the last segment until it ends cleanly, or its damage stays as it is. */
export function* settleTail(inspection: Inspection, findings: SegmentFindings): Steps<void> {
  for (let attempt = 0; attempt < ATTEMPTS && findings.damage; attempt++) {
    const { size, validEnd, damage } = findings;
    yield* waitFor(
      () => sleep(PAUSE_MS),
      () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS),
    );
    yield* inspection.readOn(findings, true);
    const isUnchanged =
      findings.size === size && findings.validEnd === validEnd && findings.damage?.reason === damage.reason;
    if (isUnchanged) return;
  }
  findings.damage = undefined;
}
