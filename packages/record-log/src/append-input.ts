import { type BytesLike, RecordType } from "@datawal/format";

/** What `appendMany` takes: a payload alone makes a Raw record without a key. */
export type AppendInput = BytesLike | { type: RecordType; key?: BytesLike; payload?: BytesLike };

const NO_BYTES = new Uint8Array(0);

/** Brings both forms into one, as they are drawn. */
export function* batchRecords(inputs: Iterable<AppendInput>) {
  for (const input of inputs) {
    if (typeof input === "string" || input instanceof Uint8Array)
      yield { type: RecordType.Raw, key: NO_BYTES, payload: input };
    else yield { type: input.type, key: input.key ?? NO_BYTES, payload: input.payload ?? NO_BYTES };
  }
}
