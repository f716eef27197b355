import { type Steps, sleep } from "@datawal/safeatomic";
import type { Inspection, SegmentFindings } from "./inspection.js";

/** How long a writer is given to finish the append that may be in flight, and how often (disk-rules R11). */
const PAUSE_MS = 20;
const ATTEMPTS = 3;

/**
 * Reads the last segment of a log that may have a live writer. Damage at its end that changes when it is read again is
 * an append in flight: what was read ends before it, and it is no finding.
 */
export function* readLastSegment(inspection: Inspection, segment: number): Steps<SegmentFindings> {
  const findings = yield* inspection.read(segment);
  yield* settleTail(inspection, findings);
  return findings;
}

/** Reads on in the last segment until it ends cleanly, or its damage stays as it is. */
export function* settleTail(inspection: Inspection, findings: SegmentFindings): Steps<void> {
  for (let attempt = 0; attempt < ATTEMPTS && findings.damage; attempt++) {
    const { size, validEnd, damage } = findings;
    yield* pause(PAUSE_MS);
    yield* inspection.readOn(findings);
    const isUnchanged =
      findings.size === size && findings.validEnd === validEnd && findings.damage?.reason === damage.reason;
    if (isUnchanged) return;
  }
  findings.damage = undefined;
}

/** A wait for another process's write, which to the drivers is as a wait for the device. */
function* pause(ms: number): Steps<void> {
  const fsync = () => sleep(ms);
  const fsyncSync = () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  yield { kind: "fsync", target: { fsync, fsyncSync } };
}
