import { type BytesLike, RecordType } from "@datawal/format";
import { withCode } from "./record-log-error.js";

/** What `appendMany` takes: a payload alone makes a Raw record without a key. */
export type AppendInput =
  | BytesLike
  | { type: RecordType; key?: BytesLike | undefined; payload?: BytesLike | undefined };

/** An {@link AppendInput} with nothing left out. */
export interface RecordInput {
  type: RecordType;
  key: BytesLike;
  payload: BytesLike;
}

export const NO_BYTES = new Uint8Array(0);

/**
 * Brings both forms into one, as they are drawn.
 *
 * @throws TypeError ERR_DATAWAL_BAD_RECORD: not an iterable of inputs. A string and bytes are iterable, too, but are
 * one payload and not many.
 */
export function recordInputs(inputs: Iterable<AppendInput>): Iterable<RecordInput> {
  if (
    typeof inputs !== "object" ||
    inputs === null ||
    ArrayBuffer.isView(inputs) ||
    !(Symbol.iterator in inputs)
  )
    throw badRecord("an iterable of payloads or records", inputs);
  return drawn(inputs);
}

function* drawn(inputs: Iterable<AppendInput>): Generator<RecordInput, void, void> {
  for (const input of inputs) {
    if (typeof input === "string" || ArrayBuffer.isView(input))
      yield { type: RecordType.Raw, key: NO_BYTES, payload: input };
    else if (typeof input === "object" && input !== null)
      yield { type: input.type, key: input.key ?? NO_BYTES, payload: input.payload ?? NO_BYTES };
    else throw badRecord("a payload or a record", input);
  }
}

function badRecord(expected: string, found: unknown): TypeError {
  const actual = found === null ? "null" : typeof found;
  const mistake = new TypeError(`datawal: appendMany expected ${expected}, got ${actual}`);
  return withCode(mistake, "ERR_DATAWAL_BAD_RECORD", { actual });
}
