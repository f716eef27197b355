import { type Bytes, type FrameCursor, RecordType, recordWireSize } from "@datawal/format";
import type { ReadOptions, RecordLogReader, RecoveryReport, ReplayRecord } from "@datawal/record-log";
import { openReaderSteps } from "@datawal/record-log/internal";
import type { Steps } from "@datawal/safeatomic/internal";
import { CHUNK_BYTES } from "../chunk-writer.js";
import { type StoreDifference, showKey } from "../data-wal-error.js";
import { LiveSnapshot } from "../live/live-snapshot.js";
import { Projection } from "../live/projection.js";

/** What differs, in words, without an end. */
export function describeDifference(found: StoreDifference): string {
  const { missing, extra, different, firstKey, rawRecords } = found;
  const parts = [
    missing > 0 ? `keys missing: ${missing}` : "",
    extra > 0 ? `keys too many: ${extra}` : "",
    different > 0 ? `keys with another value: ${different}` : "",
    firstKey ? `the first such key: ${showKey(firstKey)}` : "",
    rawRecords > 0 ? `Raw records, which no copy of live pairs has: ${rawRecords}` : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** Asked for each of the two stores before their pairs are compared; throws where it is not to be trusted. */
export type JudgeReport = (dir: string, report: RecoveryReport) => void;

/**
 * Compares the live pairs of two stores, keys and values, byte for byte. Takes no lock and changes nothing; in memory
 * it has both key directories and a record of each.
 *
 * @throws As the opening of a reader, and `readLiveValue`
 */
export function* compareStores(
  store: string,
  copy: string,
  options: ReadOptions,
  judge: JudgeReport,
): Steps<StoreDifference> {
  const ours = yield* ComparedStore.open(store, options, judge);
  try {
    const theirs = yield* ComparedStore.open(copy, options, judge);
    try {
      return { ...(yield* compare(ours, theirs)), rawRecords: ours.rawRecords };
    } finally {
      theirs.close();
    }
  } finally {
    ours.close();
  }
}

function* compare(ours: ComparedStore, theirs: ComparedStore): Steps<Omit<StoreDifference, "rawRecords">> {
  const bytesTotal = (yield* ours.sort()) + (yield* theirs.sort());
  const found = { missing: 0, extra: 0, different: 0, firstKey: undefined as Bytes | undefined };
  let told = 0;
  for (let our = ours.next(), their = theirs.next(); our || their; ) {
    const order = !their ? -1 : !our ? 1 : Buffer.compare(our.key, their.key);
    const kind =
      order < 0 ? "missing" : order > 0 ? "extra" : hasSameValue(our!, their!) ? "same" : "different";
    if (kind !== "same") {
      found[kind]++;
      found.firstKey ??= (order > 0 ? their! : our!).key.slice();
    }
    if (order <= 0) our = ours.next();
    if (order >= 0) their = theirs.next();
    const bytesDone = ours.bytesDone + theirs.bytesDone;
    if (bytesDone - told < CHUNK_BYTES) continue;
    told = bytesDone;
    yield { kind: "progress", bytesDone, bytesTotal };
  }
  yield { kind: "progress", bytesDone: bytesTotal, bytesTotal };
  return found;
}

function hasSameValue(one: FrameCursor, other: FrameCursor): boolean {
  return Buffer.compare(one.payload, other.payload) === 0;
}

/** The live pairs of a store, one after another in the order of their keys' bytes. */
class ComparedStore {
  readonly rawRecords: number;
  /** Of the records drawn. */
  bytesDone = 0;
  readonly #reader: RecordLogReader;
  readonly #snapshot: LiveSnapshot;
  readonly #records: Iterator<FrameCursor, void>;

  private constructor(reader: RecordLogReader, { keydir }: Projection, rawRecords: number) {
    this.rawRecords = rawRecords;
    this.#reader = reader;
    this.#snapshot = new LiveSnapshot(reader, keydir);
    this.#records = this.#snapshot.records();
  }

  static *open(dir: string, options: ReadOptions, judge: JudgeReport): Steps<ComparedStore> {
    let projection = new Projection();
    let rawRecords = 0;
    const replay = (record: ReplayRecord) => {
      if (record.type === RecordType.Raw) rawRecords++;
      projection.replay(record);
    };
    const onReset = () => {
      projection = new Projection();
      rawRecords = 0;
    };
    const reader = yield* openReaderSteps(dir, { ...options, replay, onReset });
    try {
      judge(dir, reader.recoveryReport());
      return new ComparedStore(reader, projection, rawRecords);
    } catch (error) {
      reader.closeSync();
      throw error;
    }
  }

  /** To be run before the first is drawn. @returns Bytes of all records that will be. */
  sort(): Steps<number> {
    return this.#snapshot.sort(recordWireSize);
  }

  /** @returns Valid until the next one is drawn; `undefined` behind the last. */
  next(): FrameCursor | undefined {
    const { value: record } = this.#records.next();
    if (!record) return undefined;
    this.bytesDone += record.end - record.start;
    return record;
  }

  close(): void {
    // Gives back the memory that it reads into.
    this.#records.return?.();
    this.#reader.closeSync();
  }
}
