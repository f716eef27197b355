import { TextEncoder } from "node:util";
import { type FrameCursor, MAX_KEY_LEN, MAX_PAYLOAD_LEN } from "@datawal/format";
import { base64Len, writeBase64 } from "./base64.js";

/** Why a line is no pair. */
export type BadLineReason =
  /** UTF-8's mark in front of it, which no JSON has: take it off the file. */
  | "byte-order-mark"
  /** Not the JSON of an object. */
  | "not-a-json-object"
  /** Other members than `key_b64` and `value_b64`, one of them missing, or not a string. */
  | "wrong-members"
  /** A member that is not base64 in the standard alphabet with padding. */
  | "not-base64"
  | "key-too-large"
  | "value-too-large"
  /** Longer than any line that an export writes; the rest of it was not looked at. */
  | "line-too-long";

/** One line of an import: a pair, or why it is none. */
export type ParsedLine =
  | { kind: "pair"; key: Uint8Array; value: Uint8Array }
  | { kind: "bad"; reason: BadLineReason };

const utf8 = new TextEncoder();
const BEFORE_KEY = utf8.encode('{"key_b64":"');
const BEFORE_VALUE = utf8.encode('","value_b64":"');
const BEHIND_VALUE = utf8.encode('"}\n');
const FRAME_LEN = BEFORE_KEY.length + BEFORE_VALUE.length + BEHIND_VALUE.length;

/**
 * Writes the line of a pair, to the byte as the reference writes it: compact, standard base64, LF.
 *
 * @param target has room for {@link jsonlLineLen} bytes from `offset` on.
 */
export function writeJsonlLine(
  target: Uint8Array,
  offset: number,
  { bytes, keyStart, payloadStart, payloadEnd }: FrameCursor,
): void {
  let at = writeAscii(target, offset, BEFORE_KEY);
  at = writeBase64(target, at, bytes, keyStart, payloadStart);
  at = writeAscii(target, at, BEFORE_VALUE);
  at = writeBase64(target, at, bytes, payloadStart, payloadEnd);
  writeAscii(target, at, BEHIND_VALUE);
}

/** Bytes of the line of a pair, from the lengths of key and value. */
export function jsonlLineLen(keyLen: number, valueLen: number): number {
  return FRAME_LEN + base64Len(keyLen) + base64Len(valueLen);
}

/** Bytes of the longest line that a store can hold, its LF included. */
export const JSONL_LINE_LEN_MAX: number = jsonlLineLen(MAX_KEY_LEN, MAX_PAYLOAD_LEN);

/** As text, and as the bytes of a file, one character a byte. */
const BYTE_ORDER_MARKS = ["\ufeff", "\u00ef\u00bb\u00bf"];

/** @param line With or without its end; white space between tokens is allowed, as JSON allows it. */
export function parseJsonlLine(line: string): ParsedLine {
  if (BYTE_ORDER_MARKS.some((mark) => line.startsWith(mark)))
    return { kind: "bad", reason: "byte-order-mark" };
  const members = parseMembers(line);
  if (typeof members === "string") return { kind: "bad", reason: members };
  if (Buffer.byteLength(members.key, "base64") > MAX_KEY_LEN) return { kind: "bad", reason: "key-too-large" };
  if (Buffer.byteLength(members.value, "base64") > MAX_PAYLOAD_LEN)
    return { kind: "bad", reason: "value-too-large" };
  const key = decodeBase64(members.key);
  const value = decodeBase64(members.value);
  return key && value ? { kind: "pair", key, value } : { kind: "bad", reason: "not-base64" };
}

function parseMembers(line: string): { key: string; value: string } | BadLineReason {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    // A line that is no JSON is an expected outcome, told by its reason.
    return "not-a-json-object";
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return "not-a-json-object";
  const { key_b64: key, value_b64: value, ...others } = parsed as Record<string, unknown>;
  if (typeof key !== "string" || typeof value !== "string") return "wrong-members";
  return Object.keys(others).length === 0 ? { key, value } : "wrong-members";
}

/** Node's decoder skips what it does not know, so the bytes must give the same text again. */
function decodeBase64(text: string): Uint8Array | undefined {
  const decoded = Buffer.from(text, "base64");
  return decoded.toString("base64") === text ? decoded : undefined;
}

/** Returns where it ends. */
function writeAscii(target: Uint8Array, offset: number, text: Uint8Array): number {
  for (let index = 0; index < text.length; index++) target[offset + index] = text[index]!;
  return offset + text.length;
}
