import { fixedView } from "./bytes.js";
import { type Crc32c, crc32c } from "./crc32c.js";
import { withCode } from "./format-error.js";
import { FrameCursor } from "./frame-cursor.js";
import { MAGIC_UINT32 } from "./layout.js";
import { knownOptions } from "./own-options.js";
import { checkWholeBytes } from "./whole-bytes.js";

export interface ResyncOptions {
  /** Only frames with a higher txid count. */
  readonly afterTxid?: bigint | undefined;
  /** Most bytes that may go through the CRC; by default 4 times the bytes searched. */
  readonly budget?: number | undefined;
  readonly crc?: Crc32c | undefined;
}

const OPTIONS = { afterTxid: true, budget: true, crc: true } as const;

/** What a search found: a frame, none up to the end, or its budget spent: nothing is known from `offset` on. */
export type Resynced =
  | { readonly kind: "found"; readonly offset: number; readonly end: number; readonly txid: bigint }
  | { readonly kind: "none" }
  | { readonly kind: "exhausted"; readonly offset: number };

/** Bytes of CRC work for each byte searched, unless the caller says otherwise. */
const BUDGET_PER_BYTE = 4;

/**
 * Finds the next frame that the bytes hold whole: magic, sane header, good CRC. It may be one that was stored
 * as a payload: that is for the caller to judge.
 *
 * A forged header costs as many bytes of CRC work as it claims, so that a region full of them would take
 * quadratic time: the budget bounds it.
 *
 * @param searched only read.
 * @param from where to begin, in bytes; a frame at this very offset counts.
 * @returns Offsets in `searched`; `end` is that of the byte after the frame.
 * @throws {TypeError} ERR_DATAWAL_NOT_BYTES
 * @throws {RangeError} ERR_DATAWAL_NOT_WHOLE_BYTES; ERR_DATAWAL_BAD_CODEC_OPTION: the budget is not a number from 0
 */
export function resync(searched: Uint8Array, from: number, options: ResyncOptions = {}): Resynced {
  const bytes = fixedView(searched, "bytes");
  checkWholeBytes(from, "from");
  const { afterTxid, crc = crc32c, budget } = knownOptions(options, OPTIONS);
  let budgetLeft = checkedBudget(budget, bytes.length - from);
  const cursor = new FrameCursor();
  for (let at = nextMagicByte(bytes, from); at !== -1; at = nextMagicByte(bytes, at + 1)) {
    if (!isPlausible(cursor, bytes, at, afterTxid)) continue;
    budgetLeft -= cursor.payloadEnd - at;
    if (budgetLeft < 0) return { kind: "exhausted", offset: at };
    if (cursor.read(bytes, at, crc) === "record") {
      return { kind: "found", offset: at, end: cursor.end, txid: cursor.txid };
    }
  }
  return { kind: "none" };
}

function nextMagicByte(bytes: Uint8Array, from: number): number {
  return bytes.indexOf(MAGIC_UINT32 & 0xff, from);
}

/** Everything that can be told without the CRC. */
function isPlausible(
  cursor: FrameCursor,
  bytes: Uint8Array,
  offset: number,
  afterTxid: bigint | undefined,
): boolean {
  if (cursor.readHeader(bytes, offset) !== "header" || cursor.end > bytes.length) return false;
  return afterTxid === undefined || cursor.txid > afterTxid;
}

function checkedBudget(budget: number | undefined, bytesToSearch: number): number {
  if (budget === undefined) return BUDGET_PER_BYTE * Math.max(0, bytesToSearch);
  if (typeof budget === "number" && budget >= 0) return budget;
  const message = `budget expected a number of bytes from 0, got ${String(budget)}`;
  throw withCode(new RangeError(message), "ERR_DATAWAL_BAD_CODEC_OPTION", {
    option: "budget",
    actual: budget,
  });
}
