import { RecordType } from "@datawal/format";
import type { LogPosition, LogRecord, LogVerification, RecoveryWarning } from "@datawal/record-log";

/** What is missing there is newer than all that was read. */
const AT_THE_END: ReadonlySet<RecoveryWarning["kind"]> = new Set([
  "repair-unfinished",
  "overlong-segment-name",
  "synced-data-missing",
  "synced-data-damaged",
]);

/** Finds the last record of one key in a log, damaged or not, and whether a newer one may be where nothing can be read. */
export class LastOfKey {
  /** A copy of what the last record says that the key's value is; `undefined` where it deletes it, or there is none. */
  value: Uint8Array | undefined;
  readonly #key: Uint8Array;
  /** Of the last record; 0, which no log has in front of its first, where there is none. */
  #segment = 0;
  #offset = 0;

  /** @param key Kept. */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** @param record The log's next one; not kept. */
  take(record: LogRecord): void {
    const { type, segment, offset } = record;
    if (type === RecordType.Raw || Buffer.compare(record.key, this.#key) !== 0) return;
    this.value = type === RecordType.Put ? record.payload.slice() : undefined;
    this.#segment = segment;
    this.#offset = offset;
  }

  /**
   * Whether a newer record of the key may lie in what cannot be read, or be missing. What a crash leaves of a tail is
   * no such thing: it never was a record.
   */
  mayBeStale({ verdict, damages, report }: LogVerification): boolean {
    const isDamageBehind = damages.some(({ segment }) => segment >= this.#segment);
    return (
      report.warnings.some((warning) => this.#isMissingBehind(warning)) ||
      (verdict === "damaged" && isDamageBehind)
    );
  }

  #isMissingBehind(warning: RecoveryWarning): boolean {
    if (warning.kind === "missing-segment") return warning.segment > this.#segment;
    if (warning.kind === "txid-gap") return warning.places > 1 || this.#isBehind(warning);
    return AT_THE_END.has(warning.kind);
  }

  #isBehind({ segment, offset }: LogPosition): boolean {
    return segment > this.#segment || (segment === this.#segment && offset > this.#offset);
  }
}
