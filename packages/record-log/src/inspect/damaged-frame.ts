import {
  CRC_LEN,
  encodeHeaderInto,
  FrameCursor,
  HEADER_LEN,
  MAX_KEY_LEN,
  MAX_PAYLOAD_LEN,
  recordWireSize,
} from "@datawal/format";
import type { Steps } from "@datawal/safeatomic/internal";
import type { FoundFrame, SearchRegion } from "./search-region.js";

/** What the header of a damaged frame, and what follows it, tell. Offsets count from the start of the file. */
export interface DamagedFrame {
  start: number;
  /** What its header says, sound or not. */
  txid: bigint;
  payloadStart: number;
  /** Where it says that it ends, which may be behind the region; `undefined` where its header says nothing sound. */
  end: number | undefined;
  /** Whether a valid frame, or the end of the region, stands at that end. */
  isFollowed: boolean;
}

export function* describeDamagedFrame(region: SearchRegion, start: number): Steps<DamagedFrame> {
  const header = region.headerAt(start);
  if (!header) return { start, txid: 0n, payloadStart: start, end: undefined, isFollowed: false };
  const cursor = new FrameCursor();
  const isSound = cursor.readHeader(header, 0) === "header";
  const end = start + cursor.end;
  const isFollowed =
    hasBelievableLengths(cursor) && (end === region.end || (yield* region.frameAt(end)) !== undefined);
  const { txid } = cursor;
  const payloadStart = start + cursor.payloadStart;
  return { start, txid, payloadStart, end: isSound || isFollowed ? end : undefined, isFollowed };
}

/** Whether a txid follows another one directly: within a group two apart. */
export function isNextTxid(txid: bigint | undefined, before: bigint): boolean {
  return txid === before + 1n || txid === before + 2n;
}

/** Whether the lengths in a header, sound or not, are within the format's limits. */
export function hasBelievableLengths(cursor: FrameCursor): boolean {
  return isWithinLimits(lengthsOf(cursor));
}

/** Whether a frame lies where the key and the payload of a damaged one lie. */
export function liesInside({ offset, len }: FoundFrame, { start, end }: DamagedFrame): boolean {
  return end !== undefined && offset >= start + HEADER_LEN && offset + len <= end - CRC_LEN;
}

/**
 * Where a frame ends whose only damage is one of its lengths, which makes a header lie about what is nested in the
 * frame: the frame's CRC proves the right length. 0 where none is proven.
 *
 * @param next The first valid frame behind the damage: likely the end.
 */
export function* provenEnd(region: SearchRegion, start: number, next: FoundFrame): Steps<number> {
  const header = region.headerAt(start);
  const cursor = new FrameCursor();
  if (!header || !LENGTH_OUTCOMES.has(cursor.readHeader(header, 0))) return 0;
  const { type, txid } = cursor;
  for (const [keyLen, payloadLen] of lengthGuesses(lengthsOf(cursor), next.offset - start)) {
    const len = recordWireSize(keyLen, payloadLen);
    const end = start + len;
    if (end !== region.end && !isNextTxid(region.txidAt(end), txid)) continue;
    encodeHeaderInto({ type, txid, keyLen, payloadLen }, header, 0);
    if (yield* region.isFrame(start, len, header)) return end;
  }
  return 0;
}

/** The outcomes of a header in which nothing but a length can be wrong. */
const LENGTH_OUTCOMES: ReadonlySet<string> = new Set(["header", "key-too-large", "payload-too-large"]);

type Lengths = readonly [keyLen: number, payloadLen: number];

function lengthsOf({ keyStart, payloadStart, payloadEnd }: FrameCursor): Lengths {
  return [payloadStart - keyStart, payloadEnd - payloadStart];
}

function isWithinLimits([keyLen, payloadLen]: Lengths): boolean {
  return keyLen >= 0 && keyLen <= MAX_KEY_LEN && payloadLen >= 0 && payloadLen <= MAX_PAYLOAD_LEN;
}

/** Lengths that a header may have had: those that make a frame of `frameLen`, and those that one bit tells apart. */
function lengthGuesses([keyLen, payloadLen]: Lengths, frameLen: number): Lengths[] {
  const bodyLen = frameLen - recordWireSize(0, 0);
  const guesses: Lengths[] = [
    [keyLen, bodyLen - keyLen],
    [bodyLen - payloadLen, payloadLen],
  ];
  for (let bit = 0; bit < 32; bit++) {
    guesses.push([keyLen, (payloadLen ^ (1 << bit)) >>> 0], [(keyLen ^ (1 << bit)) >>> 0, payloadLen]);
  }
  return guesses.filter((guess) => isWithinLimits(guess) && guess[0] + guess[1] !== keyLen + payloadLen);
}
