import { ownOptions, runAsync, runSync, type Steps } from "@datawal/safeatomic/internal";
import type { OptionNames } from "../known-options.js";
import { checkReadOptions, READ_OPTIONS, type ReadOptions } from "../open-options.js";
import { PinnedStore } from "../store/pinned-store.js";
import { readOperation } from "../store/store-operation.js";
import { countBeyond } from "./count-beyond.js";
import { type Damage, Inspection } from "./inspection.js";
import { NoteWitness } from "./note-witness.js";
import { isSyncedDataLost, type RecoveryWarning } from "./recovery-warning.js";
import { type ReplayRecord, replayVisitor } from "./replay-record.js";
import { listingWarnings, makeReport, type RecoveryReport, searchWarnings } from "./report.js";
import { readLastSegment } from "./tail-in-flight.js";

/** What {@link verifyLog} found. */
export interface LogVerification {
  /**
   * `intact`; `torn`: the tail is damaged as a crash damages it, and opening for writing repairs it; `damaged`: a
   * sealed segment, or bytes that open refuses, or valid frames lie beyond the damage, or bytes are damaged or missing
   * that had been synced.
   */
  verdict: "intact" | "torn" | "damaged";
  report: RecoveryReport;
  segments: VerifiedSegment[];
  /** One for each damaged segment, in order. */
  damages: VerifiedDamage[];
  /** Where the last valid record lies; `undefined` in a log without one. */
  lastRecord: { segment: number; offset: number } | undefined;
}

export interface VerifiedSegment {
  segment: number;
  path: string;
  /** Bytes of the file. */
  size: number;
  /** Bytes of its valid prefix. */
  validBytes: number;
  records: number;
}

export interface VerifiedDamage extends Damage {
  /** Whether a later segment exists: then no crash explains the damage. */
  isSealed: boolean;
  /** Valid frames found behind it: more than 0 means rot or an outside hand. */
  validFramesBeyond: number;
}

export interface VerifyOptions extends ReadOptions {
  /**
   * Called for every valid record, once, in order: those of the valid prefix of each segment, also behind a damaged
   * segment. The record is one reused object, valid during the call.
   */
  replay?: ((record: ReplayRecord) => void) | undefined;
  /** Called where what was replayed so far has been dropped, or compacted, meanwhile: the log begins with what comes next. */
  onReset?: (() => void) | undefined;
  /**
   * Called for every valid record that lies behind damage in its segment, after those of the segment's valid prefix.
   * A reader does not show them, and an open for writing moves them to quarantine. As with `replay`.
   */
  beyond?: ((record: ReplayRecord) => void) | undefined;
}

const VERIFY_OPTIONS: OptionNames<VerifyOptions> = {
  ...READ_OPTIONS,
  replay: true,
  onReset: true,
  beyond: true,
};

/**
 * Reads a whole log and tells what is wrong with it, as a value, also where open would refuse. Changes nothing, takes
 * no lock, works beside a live writer, in constant memory.
 *
 * @param dir The store's directory.
 * @throws RecordLogError ERR_DATAWAL_STORE_NOT_FOUND, ERR_DATAWAL_STORE_NOT_A_DIRECTORY, ERR_DATAWAL_SWAP_UNFINISHED,
 * ERR_DATAWAL_SEGMENT_NOT_A_FILE, ERR_DATAWAL_STORE_IO: the store could not be read; ERR_DATAWAL_READER_STALE,
 * ERR_DATAWAL_SEGMENT_CHANGED: it was replaced, or repaired, while it was read: run it again
 */
export function verifyLog(dir: string | URL, options?: VerifyOptions): Promise<LogVerification> {
  return runAsync(verifyLogSteps(dir, options), options);
}

/** As {@link verifyLog}, on this thread. */
export function verifyLogSync(dir: string | URL, options?: VerifyOptions): LogVerification {
  return runSync(verifyLogSteps(dir, options), options);
}

/** As {@link verifyLog}, for an operation that verifies on its way. */
export function* verifyLogSteps(dir: string | URL, options?: VerifyOptions): Steps<LogVerification> {
  const checked = checkReadOptions(dir, options, VERIFY_OPTIONS);
  const { replay, onReset } = checked;
  const { beyond } = ownOptions(options);
  const visitBeyond = beyond && replayVisitor(beyond);
  return yield* readOperation("verify", checked, function* (store) {
    const pinned = new PinnedStore(store);
    const inspection = new Inspection(store, replay && replayVisitor(replay), true);
    let warnings: RecoveryWarning[] = [];
    let damages: VerifiedDamage[] = [];
    const verify = function* (segment: number, isLast: boolean): Steps<void> {
      const findings = yield* isLast ? readLastSegment(inspection, segment) : inspection.read(segment, false);
      const { damage } = findings;
      if (!damage) return;
      const beyond = yield* countBeyond(store, findings, inspection.txids.last, visitBeyond);
      damages.push({ ...damage, isSealed: !isLast, validFramesBeyond: beyond.frames });
      warnings.push(...searchWarnings(damage, beyond));
    };
    const note = new NoteWitness(store);
    const first = pinned.list();
    inspection.expect(first.segments);
    const listing = yield* pinned.readInOrder(first, 0, verify, () => {
      inspection.beginAgain();
      [warnings, damages] = [[], []];
      onReset();
      return 0;
    });
    pinned.requireSame();
    warnings.push(...inspection.warnings(listing.removed), ...note.warningsOn(inspection.segments));
    warnings.push(...listingWarnings(store, listing));
    const report = reportOn(inspection, damages, warnings);
    return { verdict: verdictOn(damages, warnings), ...facts(inspection), damages, report };
  });
}

function verdictOn(
  damages: readonly VerifiedDamage[],
  warnings: RecoveryWarning[],
): LogVerification["verdict"] {
  if (isSyncedDataLost({ warnings })) return "damaged";
  if (damages.length === 0) return "intact";
  return damages.some(isCorruption) ? "damaged" : "torn";
}

/** Whether more than a crash is needed to explain it. */
function isCorruption({ isSealed, verdict, validFramesBeyond }: VerifiedDamage): boolean {
  return isSealed || verdict !== "damaged-tail" || validFramesBeyond > 0;
}

function reportOn(
  inspection: Inspection,
  damages: readonly VerifiedDamage[],
  warnings: RecoveryWarning[],
): RecoveryReport {
  const tail = damages.find(({ isSealed }) => !isSealed);
  return {
    ...makeReport(inspection, damages[0], damages[0]?.validFramesBeyond, warnings),
    tailTruncated: tail ? 1 : 0,
    tailBytesDiscarded: tail?.bytes ?? 0,
    midStreamErrors: damages.filter(({ isSealed, verdict }) => isSealed || verdict !== "damaged-tail").length,
    unsupportedVersions: damages.filter(({ verdict }) => verdict === "unsupported").length,
  };
}

function facts({
  segments,
  lastWithFrames: last,
}: Inspection): Pick<LogVerification, "segments" | "lastRecord"> {
  return {
    segments: segments.map(({ segment, path, size, validEnd: validBytes, records }) => {
      return { segment, path, size, validBytes, records };
    }),
    lastRecord: last && { segment: last.segment, offset: last.lastFrameOffset! },
  };
}
