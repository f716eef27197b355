import type { DeviationId } from "../../differences/deviations.js";
import { plainText, recordDifference } from "../../kit/records.js";
import { type Outcome, type Refusal, refusalKey } from "../../sides/refusal.js";
import type { SeenLog, SeenRecord } from "../../sides/side.js";

/** What both sides made of the same damaged store. */
export interface Sighting {
  reference: Outcome<SeenLog>;
  /** What the reference's reader yields before it comes upon damage. */
  referencePrefix: readonly SeenRecord[];
  ours: Outcome<OurSighting>;
  /** What is in the store, as far as the answer depends on it. */
  store: DamagedStore;
}

export interface OurSighting extends SeenLog {
  /** Where our report says that the active segment is damaged, if it does. */
  damage: { segment: number; offset: number; reason: string } | undefined;
}

export interface DamagedStore {
  /** The segments' bytes, before anybody opened them. */
  segments: ReadonlyMap<number, Uint8Array>;
  /** The highest of their ids; 1 where there is none. */
  lastSegment: number;
  /** Whether a link or a directory has a segment's name. */
  hasOddSegment: boolean;
  /** Whether `.lock` is a link, and somebody wants to lock. */
  hasOddLock: boolean;
}

/** A deviation of the list, equality, or a difference that no list permits. */
export type Judgement = { listed: DeviationId } | { equal: string } | { unlisted: string };

/** Compares what both made of it; the first of these rules that speaks decides. */
export function judge(sighting: Sighting): Judgement {
  for (const rule of RULES) {
    const judgement = rule(sighting);
    if (judgement) return judgement;
  }
  return { unlisted: describe(sighting) };
}

type Rule = (sighting: Sighting) => Judgement | undefined;

const RULES: readonly Rule[] = [
  function oddLock({ store, ours }) {
    if (!store.hasOddLock) return undefined;
    return refusedAs(ours, "store-io") && !ours.ok && ours.refusal.text.includes("ELOOP")
      ? { listed: "lock-must-be-a-file" }
      : undefined;
  },
  function oddSegment({ store, ours }) {
    if (!store.hasOddSegment) return undefined;
    return refusedAs(ours, "segment-not-a-file") ? { listed: "segment-must-be-a-file" } : undefined;
  },
  function bothRead({ reference, ours }) {
    if (!reference.ok || !ours.ok) return undefined;
    if (recordDifference(ours.value.records, reference.value.records) !== undefined) return undefined;
    if (plainText(ours.value.report) !== plainText(reference.value.report)) return undefined;
    return { equal: reference.value.report.tailTruncated > 0 ? "both cut the tail" : "both sound" };
  },
  function bothRefuse({ reference, ours, store }) {
    if (reference.ok || ours.ok) return undefined;
    const same = refusalKey(reference.refusal) === refusalKey(inReferenceWords(ours.refusal, store));
    return same ? { equal: "both refuse" } : undefined;
  },
  /** The reference refuses any header in the active segment that a crash has made nonsense of. */
  function nonsenseAtTheEnd({ reference, referencePrefix, ours, store }) {
    if (reference.ok || !ours.ok || !reference.refusal.damage || !ours.value.damage) return undefined;
    const { segment, offset, reason } = reference.refusal.damage;
    const damage = inReferenceWords({ kind: "damaged", text: "", damage: ours.value.damage }, store).damage!;
    const samePlace = segment === damage.segment && offset === damage.offset && reason === damage.reason;
    if (segment !== store.lastSegment || !samePlace || reason === "truncated" || reason === "crc-mismatch")
      return undefined;
    if (recordDifference(ours.value.records, referencePrefix) !== undefined) return undefined;
    return { listed: "nonsense-at-the-end-is-a-torn-tail" };
  },
  /** The reference takes up to 23 bytes of anything for the beginning of a segment. */
  function shortForeignSegment({ reference, ours, store }) {
    if (!reference.ok || ours.ok) return undefined;
    const { damage } = ours.refusal;
    const isShort =
      store.segments.get(store.lastSegment)!.length < 24 && reference.value.report.tailTruncated === 1;
    if (damage?.segment !== store.lastSegment || damage.offset !== 0 || !isShort) return undefined;
    return { listed: "short-file-that-was-no-segment" };
  },
];

/** A short zero tail is cut short to the reference, a long one has a bad magic. */
function inReferenceWords(refusal: Refusal, { segments }: DamagedStore): Refusal {
  const { damage } = refusal;
  if (!damage) return refusal;
  const words: Record<string, string> = {
    "cut-header": "truncated",
    "cut-body": "truncated",
    zeros: "bad-magic",
  };
  const isShort = segments.get(damage.segment)!.length - damage.offset < 24;
  const reason = damage.reason === "zeros" && isShort ? "truncated" : (words[damage.reason] ?? damage.reason);
  return { ...refusal, damage: { ...damage, reason } };
}

function refusedAs(outcome: Outcome<unknown>, kind: Refusal["kind"]): boolean {
  return !outcome.ok && outcome.refusal.kind === kind;
}

function describe({ reference, ours }: Sighting): string {
  const say = (outcome: Outcome<SeenLog>) =>
    outcome.ok
      ? `${outcome.value.records.length} records, ${plainText(outcome.value.report)}`
      : `refused: ${outcome.refusal.text}`;
  return `the reference: ${say(reference)}\nours: ${say(ours)}`;
}
