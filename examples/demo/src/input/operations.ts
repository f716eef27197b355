import { MAX_KEY_LEN } from "@datawal/format";
import { INPUT_COPY } from "../paths.js";
import { linesOf } from "./lines.js";

/** One put of the demo: what the writer appends, and what must be found again byte for byte. */
export interface Operation {
  key: Uint8Array;
  value: Uint8Array;
}

/** What becomes the key of a line: its "id" field, or its number counted from 1. */
export type KeyChoice = "id" | "line-number";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** One put for each line of the input, the same ones every time; the value is the line, byte for byte. */
export async function* operationsOf(
  keys: KeyChoice,
  path = INPUT_COPY,
): AsyncGenerator<Operation, void, void> {
  let number = 0;
  for await (const value of linesOf(path)) {
    number++;
    const key = (keys === "id" ? idOf(value) : undefined) ?? String(number);
    yield { key: encoder.encode(key), value };
  }
}

/**
 * The id of a line that is a JSON object with one that can be a key: a string of at most 64 KiB, or an
 * integer that a double holds exactly.
 */
export function idOf(line: Uint8Array): string | undefined {
  try {
    const id: unknown = JSON.parse(decoder.decode(line))?.id;
    if (Number.isSafeInteger(id)) return String(id);
    if (typeof id === "string" && id.isWellFormed() && Buffer.byteLength(id) <= MAX_KEY_LEN) return id;
  } catch {
    // Not UTF-8, or not JSON: a line like any other.
  }
  return undefined;
}
