import type { DeviationId } from "../../differences/deviations.js";
import { plainText } from "../../kit/records.js";
import type { Scratch } from "../../kit/scratch.js";
import type { ReferenceProcess } from "../../reference/reference-process.js";
import { type Outcome, refusalKey } from "../../sides/refusal.js";
import type { Side } from "../../sides/side.js";

export interface Quirk {
  what: string;
  /** What one side shows, as a text. */
  show(setting: Setting): Promise<string>;
  /** How the two differ; absent where they must show the same. */
  differs?: DeviationId;
}

export interface Setting {
  side: Side;
  /** The Rust program; absent on our side. */
  process: ReferenceProcess | undefined;
  /** Where nothing is yet. */
  dir: string;
  scratch: Scratch;
}

export function outcomeText(outcome: Outcome<unknown>): string {
  return outcome.ok ? `ok ${plainText(outcome.value ?? null)}` : refusalKey(outcome.refusal);
}

export async function recordsOf(side: Side, dir: string): Promise<unknown> {
  const read = await side.read(dir);
  if (!read.ok) return refusalKey(read.refusal);
  return read.value.records.map(({ segment, offset, txid, payload }) => [
    segment,
    offset,
    txid,
    Buffer.from(payload).toString("latin1"),
  ]);
}
