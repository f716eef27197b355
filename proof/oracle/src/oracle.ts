// What must be true of a store after anything that may happen to it: ten sentences, each a function that throws
// OracleViolation when it is broken. Every crash test of the project asks these and no others, so they know nothing of
// the packages that they judge but the shape of a record.

/** A record as a caller hands it over and gets it back. */
export interface OracleRecord {
  type: number;
  txid: bigint;
  key: Uint8Array;
  payload: Uint8Array;
}

/** What one open for writing showed of a log. */
export interface Recovered {
  records: readonly OracleRecord[];
  report: OracleReport;
}

/** What an open said that it found. */
export interface OracleReport {
  tailTruncated: number;
  tailBytesDiscarded: number;
  damageReason?: string | undefined;
  warnings?: readonly unknown[] | undefined;
}

/** The files of a directory, names to contents. */
export type Files = Readonly<Record<string, Uint8Array>>;

export type Sentence =
  | "1 durable"
  | "2 prefix"
  | "3 nothing fabricated"
  | "4 opens"
  | "5 idempotent"
  | "6 source untouched"
  | "7 no wrong answer"
  | "8 no leak"
  | "9 compaction"
  | "10 groups";

/** A sentence of the oracle that a store has broken. */
export class OracleViolation extends Error {
  override readonly name = "OracleViolation";
  readonly sentence: Sentence;
  readonly facts: string;

  constructor(sentence: Sentence, facts: string) {
    super(`oracle: ${sentence}: ${facts}`);
    this.sentence = sentence;
    this.facts = facts;
  }
}

/** 1 Durable: every record acknowledged by a successful sync is there. They are the first ones that were appended. */
export function isDurable(recovered: readonly OracleRecord[], acknowledgedCount: number): void {
  if (recovered.length < acknowledgedCount)
    violated("1 durable", `${recovered.length} of ${acknowledgedCount} acknowledged records are there`);
}

/** 2 Prefix: what is there is a prefix of what was appended, byte for byte, txids included. */
export function isPrefix(recovered: readonly OracleRecord[], appended: readonly OracleRecord[]): void {
  recovered.forEach((record, index) => {
    const original = appended[index];
    if (original && sameRecord(record, original)) return;
    const wanted = original ? describeRecord(original) : "nothing";
    violated("2 prefix", `record ${index} is ${describeRecord(record)}, appended was ${wanted}`);
  });
}

/** 2 Prefix, of what a log itself has said that it appended: each txid is its predecessor's plus one, within a group plus two. */
export function isContiguous(records: readonly OracleRecord[]): void {
  let left = 0;
  for (const [index, record] of records.entries()) {
    const before = records[index - 1];
    const expected = (before?.txid ?? record.txid - 1n) + (left > 0 ? 2n : 1n);
    if (before && record.txid !== expected)
      violated("2 prefix", `txid ${record.txid} comes after ${before.txid}`);
    left = left > 0 ? left - 1 : groupCount(record);
  }
}

/** 10 Groups: of each group all records are there, or none. For logs that no other program has written to. */
export function areGroupsWhole(records: readonly OracleRecord[]): void {
  for (const [index, head] of records.entries()) {
    const count = groupCount(head);
    for (let place = 1; place <= count; place++) {
      if (records[index + place]?.txid === head.txid + 2n * BigInt(place)) continue;
      violated("10 groups", `of the ${count} records behind head ${head.txid}, record ${place} is not there`);
    }
  }
}

/** How many records a head says that its group has; 0 for a record that is no head (docs/format.md). */
function groupCount({ type, key, payload }: OracleRecord): number {
  if (type !== 2 || Buffer.from(key).toString("latin1") !== "\0datawal.group\0\0" || payload.length < 12)
    return 0;
  return Buffer.from(payload).readUInt32LE(4);
}

/** 1 and 2 together, as most tests ask them. */
export function isPrefixWithAcknowledged(
  recovered: readonly OracleRecord[],
  appended: readonly OracleRecord[],
  acknowledgedCount: number,
): void {
  isPrefix(recovered, appended);
  isDurable(recovered, acknowledgedCount);
}

/**
 * 3 Nothing fabricated: no record that was never appended, or that an earlier open has reported as discarded.
 *
 * @param discarded Not one that was appended again since: it would be the same record, txid included.
 */
export function isNothingFabricated(
  recovered: readonly OracleRecord[],
  appended: readonly OracleRecord[],
  discarded: readonly OracleRecord[] = [],
): void {
  for (const record of recovered) {
    if (!appended.some((original) => sameRecord(record, original)))
      violated("3 nothing fabricated", `${describeRecord(record)} was never appended`);
    if (discarded.some((gone) => sameRecord(record, gone)))
      violated("3 nothing fabricated", `${describeRecord(record)} is back, though reported as discarded`);
  }
}

/** 4 Opens: asked of the error of an open that a legal crash must not have made fail. */
export function hasOpened(error: unknown): void {
  if (error !== undefined) violated("4 opens", `refused with ${String(error)}`);
}

/** 4 Opens, where refusing is allowed: the error has a code of ours. */
export function isTypedRefusal(error: unknown): void {
  if (!isTyped(error)) violated("4 opens", `refused with ${String(error)}`);
}

/** 4 Opens, where damage allows it to refuse: the error has a code of ours, and names file, offset and reason. */
export function isDamageRefusal(error: unknown): void {
  isTypedRefusal(error);
  const { path, offset, reason } = error as Record<string, unknown>;
  const isNamed = typeof path === "string" && typeof offset === "number" && typeof reason === "string";
  if (!isNamed) violated("4 opens", `refused without file, offset and reason: ${String(error)}`);
}

/** 5 Idempotent: a second open finds a clean log and recovers the same. */
export function isIdempotent(first: Recovered, second: Recovered): void {
  const { tailTruncated, tailBytesDiscarded, damageReason } = second.report;
  if (tailTruncated !== 0 || tailBytesDiscarded !== 0 || damageReason !== undefined)
    violated(
      "5 idempotent",
      `the second open found ${tailBytesDiscarded} damaged bytes (${damageReason ?? "no reason"})`,
    );
  if (second.records.length !== first.records.length)
    violated("5 idempotent", `${first.records.length} records became ${second.records.length}`);
  second.records.forEach((record, index) => {
    if (!sameRecord(record, first.records[index]!))
      violated("5 idempotent", `record ${index} became ${describeRecord(record)}`);
  });
}

/** 6 Source untouched: no byte and no name of these files has changed. */
export function isUntouched(before: Files, after: Files): void {
  const names = Object.keys(before).sort();
  const namesAfter = Object.keys(after).sort();
  if (names.length !== namesAfter.length || names.some((name, index) => name !== namesAfter[index]))
    violated("6 source untouched", `the files ${names} became ${namesAfter}`);
  for (const name of names) {
    if (!sameBytes(before[name]!, after[name]!)) violated("6 source untouched", `${name} has other bytes`);
  }
}

export interface AnswerOptions {
  /** Keys that none of the records has: they are absent. */
  otherKeys?: Iterable<Uint8Array> | undefined;
  /** Whether the disk fails, or was damaged since the store was opened: only then an error of ours is an answer, too. */
  mayThrow?: boolean | undefined;
}

/**
 * 7 No wrong answer: what a `get` of each key returned is the value of the key's last Put among these records, and
 * nothing where the last one is a Delete or there is none.
 *
 * @param records What the store has recovered.
 */
export function isRightAnswer(
  records: readonly OracleRecord[],
  get: (key: Uint8Array) => Uint8Array | undefined,
  { otherKeys = [], mayThrow = false }: AnswerOptions = {},
): void {
  const isRight = ({ key, value }: LastValue) => {
    let answer: Uint8Array | undefined;
    try {
      answer = get(key);
    } catch (error) {
      if (mayThrow && isTyped(error)) return;
      violated("7 no wrong answer", `get of key ${describeBytes(key)} threw ${String(error)}`);
    }
    if (answer && value ? sameBytes(answer, value) : answer === value) return;
    const facts = `key ${describeBytes(key)} has ${describeBytes(value)}, get returned ${describeBytes(answer)}`;
    violated("7 no wrong answer", facts);
  };
  for (const last of lastValues(records)) isRight(last);
  for (const key of otherKeys) isRight({ key, value: undefined });
}

/**
 * 7 No wrong answer: absence has a stated reason. A log that lacks records says that something was wrong, unless all
 * that it lacks is its beginning, which may have been dropped.
 */
export function isLossTold({ records, report }: Recovered, appended: readonly OracleRecord[]): void {
  const missing = appended.length - records.length;
  const isWhole =
    missing >= 0 && records.every((record, index) => sameRecord(record, appended[missing + index]!));
  const isTold = report.damageReason !== undefined || (report.warnings ?? []).length > 0;
  if (!isWhole && !isTold)
    violated(
      "7 no wrong answer",
      `${records.length} of ${appended.length} records are there, the report names no damage`,
    );
}

/** 8 No leak: what is open, held or left behind after a failure. */
export interface Leftovers {
  openFileCount: number;
  heldLockCount: number;
  /** Names in the store's directory. */
  names: readonly string[];
}

const NOTHING: Leftovers = { openFileCount: 0, heldLockCount: 0, names: [] };

/** 8 No leak: as many descriptors and locks as before, and no temporary file that was not there. */
export function isWithoutLeak({ openFileCount, heldLockCount, names }: Leftovers, before = NOTHING): void {
  if (openFileCount !== before.openFileCount)
    violated("8 no leak", `${openFileCount} files are open, ${before.openFileCount} were before`);
  if (heldLockCount !== before.heldLockCount)
    violated("8 no leak", `${heldLockCount} locks are held, ${before.heldLockCount} were before`);
  const temporaries = names.filter((name) => name.endsWith(".new") && !before.names.includes(name));
  if (temporaries.length > 0) violated("8 no leak", `${temporaries} is left behind`);
}

/** 9 Compaction: what it appends by itself is the last record of its key once more. */
export function isMoved(moved: OracleRecord, appended: readonly OracleRecord[]): void {
  const last = appended.findLast(({ type, key }) => type !== RAW && sameBytes(key, moved.key));
  if (last && sameRecord({ ...moved, txid: last.txid }, last)) return;
  const wanted = last ? describeRecord(last) : "nothing";
  violated("9 compaction", `it appended ${describeRecord(moved)}, the last record of that key is ${wanted}`);
}

/**
 * 9 Compaction: whatever it has removed, no live pair is another one, no key is back, and the next txid is new.
 *
 * @param mayLack Txids of what it has removed, or was about to.
 */
export function isCompacted(
  recovered: readonly OracleRecord[],
  appended: readonly OracleRecord[],
  mayLack: ReadonlySet<bigint>,
): void {
  const present = new Set(recovered.map(({ txid }) => txid));
  const newest = recovered.at(-1)?.txid ?? 0n;
  for (const txid of mayLack)
    if (txid > newest) violated("9 compaction", `txid ${txid} was removed, and would be given again`);
  const reached = appended.filter(({ txid }) => txid <= newest);
  isPrefix(
    recovered,
    reached.filter(({ txid }) => present.has(txid) || !mayLack.has(txid)),
  );
  const pairs = pairsOf(recovered);
  const wanted = pairsOf(reached);
  for (const key of new Set([...wanted.keys(), ...pairs.keys()])) {
    const [found, value] = [pairs.get(key), wanted.get(key)];
    if (found && value && sameBytes(found, value)) continue;
    const facts = `key ${describeBytes(Buffer.from(key, "latin1"))} was ${describeBytes(value)}`;
    violated("9 compaction", `${facts}, and is ${describeBytes(found)}`);
  }
}

/**
 * 9 Compaction, where nobody knows what it has appended: the live pairs are those behind one of the changes that users
 * have made, the `least`-th or a later one.
 *
 * @param isWithinGroup Whether a number of changes ends in the middle of a group, of which all are there or none.
 */
export function hasPairsOf(
  recovered: readonly OracleRecord[],
  changes: readonly OracleRecord[],
  least: number,
  isWithinGroup = (_count: number) => false,
): void {
  const found = pairsOf(recovered);
  const differing = new Set(found.keys());
  if (least === 0 && differing.size === 0) return;
  for (const [index, { type, key, payload }] of changes.entries()) {
    const name = Buffer.from(key).toString("latin1");
    const value = found.get(name);
    const isSame = type === PUT ? value && sameBytes(value, payload) : !value;
    if (isSame) differing.delete(name);
    else differing.add(name);
    const count = index + 1;
    if (count >= least && differing.size === 0 && !isWithinGroup(count)) return;
  }
  const facts = [...differing].map(
    (name) => `${describeBytes(Buffer.from(name, "latin1"))} is ${describeBytes(found.get(name))}`,
  );
  violated(
    "9 compaction",
    `the pairs are those behind none of ${least} to ${changes.length} changes; not as at last: ${facts.join()}`,
  );
}

/** 9 Compaction: the holes that it has made are none. */
export function isWithoutGaps({ warnings = [] }: OracleReport): void {
  const gap = warnings.find((warning) => GAPS.has((warning as { kind: string }).kind));
  if (gap) violated("9 compaction", `a hole that it has made is told: ${JSON.stringify(gap, bigintAsText)}`);
}

const GAPS: ReadonlySet<string> = new Set(["missing-segment", "missing-beginning", "txid-gap"]);

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

export function sameRecord(a: OracleRecord, b: OracleRecord): boolean {
  return a.type === b.type && a.txid === b.txid && sameBytes(a.key, b.key) && sameBytes(a.payload, b.payload);
}

/** One line: type, txid, key and payload, of these the beginning and how long they are. */
export function describeRecord({ type, txid, key, payload }: OracleRecord): string {
  return `type ${type} txid ${txid} key ${describeBytes(key)} payload ${describeBytes(payload)}`;
}

const RAW = 0;
const PUT = 1;
const DELETE = 2;

interface LastValue {
  key: Uint8Array;
  /** `undefined` where the key was deleted. */
  value: Uint8Array | undefined;
}

function lastValues(records: readonly OracleRecord[]): Iterable<LastValue> {
  const last = new Map<string, LastValue>();
  for (const { type, key, payload } of records) {
    if (type !== PUT && type !== DELETE) continue;
    last.set(Buffer.from(key).toString("latin1"), { key, value: type === PUT ? payload : undefined });
  }
  return last.values();
}

function pairsOf(records: readonly OracleRecord[]): Map<string, Uint8Array> {
  const pairs = new Map<string, Uint8Array>();
  for (const { key, value } of lastValues(records))
    if (value) pairs.set(Buffer.from(key).toString("latin1"), value);
  return pairs;
}

function isTyped(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && code.startsWith("ERR_DATAWAL_");
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  if (a.length > LOOP_BYTES) return Buffer.compare(a, b) === 0;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

/** Up to here a loop is faster than the call into the runtime. */
const LOOP_BYTES = 64;

/** The beginning of it: as text where all of that is printable, else in hexadecimal. */
function describeBytes(bytes: Uint8Array | undefined): string {
  if (!bytes) return "nothing";
  const shown = Buffer.from(bytes.subarray(0, SHOWN_BYTES));
  const isText = shown.every((byte) => byte >= 0x20 && byte < 0x7f);
  const text = isText ? JSON.stringify(shown.toString("latin1")) : `0x${shown.toString("hex")}`;
  return bytes.length > SHOWN_BYTES ? `${text}... (${bytes.length} bytes)` : text;
}

const SHOWN_BYTES = 16;

function violated(sentence: Sentence, facts: string): never {
  throw new OracleViolation(sentence, facts);
}
