import { MAX_KEY_LEN, MAX_PAYLOAD_LEN, recordWireSize } from "@datawal/format";
import type { LogPosition, RecordRef } from "../log-record.js";
import { withCode } from "../record-log-error.js";
import { SEGMENT_ID_MAX } from "../store/store-names.js";

const FRAME_LEN_MIN = recordWireSize(0, 0);
const FRAME_LEN_MAX = recordWireSize(MAX_KEY_LEN, MAX_PAYLOAD_LEN);

/**
 * Refuses what cannot be a place in a log, before a file is opened for it.
 *
 * @throws RangeError ERR_DATAWAL_BAD_REF
 */
export function checkPosition(position: LogPosition, what: string): void {
  const { segment, offset } = Object(position) as LogPosition;
  if (isWhole(segment, 0, SEGMENT_ID_MAX) && isWhole(offset, 0, Number.MAX_SAFE_INTEGER)) return;
  throw badRef(what, `a segment of at most ${SEGMENT_ID_MAX} and an offset in bytes`, position);
}

/**
 * As {@link checkPosition}, and before a length is allocated.
 *
 * @throws RangeError ERR_DATAWAL_BAD_REF
 */
export function checkRef(ref: RecordRef): void {
  checkPosition(ref, "ref");
  if (isWhole(ref.len, FRAME_LEN_MIN, FRAME_LEN_MAX)) return;
  throw badRef("ref", `a len of ${FRAME_LEN_MIN} to ${FRAME_LEN_MAX} bytes`, ref);
}

export function badRef(what: string, expected: string, found: LogPosition): RangeError {
  const { segment, offset, len } = Object(found) as RecordRef;
  const actual = `segment ${String(segment)}, offset ${String(offset)}, len ${String(len)}`;
  const mistake = new RangeError(`datawal: "${what}" expected ${expected}, got ${actual}`);
  return withCode(mistake, "ERR_DATAWAL_BAD_REF", { segment, offset });
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}
