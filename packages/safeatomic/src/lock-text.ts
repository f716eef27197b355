import { TextDecoder, TextEncoder } from "node:util";
import { withCode } from "./safeatomic-error.js";

/** The two lines of a lock file: who holds it, for people, and a note that outlives the holder. */
export interface LockText {
  owner: string;
  note: string;
}

/** More than both lines of any lock file of ours; what lies behind is not read. */
export const LOCK_TEXT_BYTES_MAX = 4096;

/** Reads what is there, whoever wrote it: the reference writes a first line only. */
export function parseLockText(bytes: Uint8Array): LockText {
  const [owner = "", note = ""] = new TextDecoder().decode(bytes).split("\n");
  return { owner, note };
}

export function encodeLockText({ owner, note }: LockText): Uint8Array {
  return new TextEncoder().encode(`${oneLine(owner)}\n${oneLine(note)}\n`);
}

function oneLine(text: string): string {
  if (!text.includes("\n")) return text;
  const mistake = new TypeError(`expected one line without its end, got ${JSON.stringify(text)}`);
  throw withCode(mistake, "ERR_DATAWAL_NOT_ONE_LINE", { actual: text });
}
