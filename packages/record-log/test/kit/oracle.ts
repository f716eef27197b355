import { isSafeatomicError } from "@datawal/safeatomic";
import type { FaultyFileSystem } from "@datawal/safeatomic/testing";
import { isRecordLogError } from "../../src/index.js";
import { describeRecord, type SampleRecord, sameRecord } from "./frames.js";
import type { ReadBack } from "./read-back.js";
import { type Files, sameFiles } from "./store-files.js";

// The oracle of crash-safety.md, sentence by sentence, for a log of records. Each throws when its sentence is broken.

/** 1 Durable, 2 Prefix: at least the acknowledged records, at most the appended ones, in order, byte for byte. */
export function isPrefixWithAcknowledged(
  recovered: readonly SampleRecord[],
  appended: readonly SampleRecord[],
  acknowledgedCount: number,
): void {
  recovered.forEach((record, index) => {
    const original = appended[index];
    if (!original || !sameRecord(record, original)) {
      violated(
        "prefix",
        `record ${index} is ${describeRecord(record)}, appended was ${original ? describeRecord(original) : "nothing"}`,
      );
    }
  });
  if (recovered.length < acknowledgedCount)
    violated("durable", `${recovered.length} of ${acknowledgedCount} acknowledged records are there`);
}

/** 3 Nothing fabricated: no record that was never appended. */
export function isNothingFabricated(
  recovered: readonly SampleRecord[],
  appended: readonly SampleRecord[],
): void {
  for (const record of recovered) {
    if (!appended.some((original) => sameRecord(record, original)))
      violated("nothing fabricated", `${describeRecord(record)} was never appended`);
  }
}

/** 4 Opens, or refuses with an error that has a code, its own or safeatomic's. */
export function isTypedRefusal(error: unknown): void {
  if (isRecordLogError(error) || isSafeatomicError(error)) return;
  violated("opens", `refused with ${String(error)}`);
}

/** 5 Idempotent: a second open finds a clean log and recovers the same. */
export function isIdempotent(first: ReadBack, second: ReadBack): void {
  const { tailTruncated, tailBytesDiscarded, damageReason } = second.report;
  if (tailTruncated !== 0 || tailBytesDiscarded !== 0 || damageReason !== undefined)
    violated(
      "idempotent",
      `the second open found ${tailBytesDiscarded} damaged bytes (${damageReason ?? "no reason"})`,
    );
  isPrefixWithAcknowledged(second.records, first.records, first.records.length);
}

/** 6 Source untouched. */
export function isUntouched(before: Files, after: Files): void {
  if (!sameFiles(before, after))
    violated("source untouched", `${Object.keys(before)} became ${Object.keys(after)}`);
}

/** 8 No leak. */
export function isWithoutLeak({ openFileCount, heldLockCount }: FaultyFileSystem, files: Files): void {
  if (openFileCount !== 0) violated("no leak", `${openFileCount} files are open`);
  if (heldLockCount !== 0) violated("no leak", `${heldLockCount} locks are held`);
  const temporaries = Object.keys(files).filter((name) => name.endsWith(".new"));
  if (temporaries.length > 0) violated("no leak", `${temporaries} is left behind`);
}

function violated(sentence: string, facts: string): never {
  throw new Error(`oracle: ${sentence}: ${facts}`);
}
