import { MAX_KEY_LEN } from "@datawal/format";
import type { Operation } from "../operation.js";
import { linesOf } from "./lines.js";

/** What becomes the key of a line: its "id" field, or its number counted from 1. */
export type KeyChoice = "id" | "line-number";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** One put for each line of a file; the value is the line, byte for byte. */
export async function* lineOperations(path: string, keys: KeyChoice): AsyncGenerator<Operation, void, void> {
  let number = 0;
  for await (const value of linesOf(path)) {
    number++;
    const key = (keys === "id" ? idOf(value) : undefined) ?? String(number);
    yield { key: encoder.encode(key), value };
  }
}

/**
 * The id of a line that is a JSON object with one that can be a key: a string of at most 64 KiB, or an integer that a
 * double holds exactly.
 */
export function idOf(line: Uint8Array): string | undefined {
  const id = parsedObject(line)?.id;
  if (Number.isSafeInteger(id)) return String(id);
  if (typeof id !== "string" || !id.isWellFormed()) return undefined;
  return Buffer.byteLength(id) <= MAX_KEY_LEN ? id : undefined;
}

function parsedObject(line: Uint8Array): { id?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(line));
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    // Not UTF-8, or not JSON: a line like any other.
    return undefined;
  }
}
