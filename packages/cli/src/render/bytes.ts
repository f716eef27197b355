import type { BytesForm } from "../arguments/bytes-form.js";
import { safeLine } from "./terminal-safe.js";

/** The text that bytes are: well-formed UTF-8 without control characters other than tab, LF and CR. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = utf8.decode(bytes);
    return CONTROLS.test(text) ? undefined : text;
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const CONTROLS = /(?![\t\n\r])\p{Cc}/u;

/**
 * A key or payload as one field of a line.
 *
 * Text is quoted where it would not read as one word, or as the `b64:` or `hex:` of another field; bytes that are no
 * text are base64.
 *
 * @param bytesMax How many bytes are shown; a visible mark says how many more there are.
 */
export function renderField(bytes: Uint8Array, form: Exclude<BytesForm, "raw">, bytesMax: number): string {
  if (form !== "auto") return renderEncoded(bytes, form, bytesMax);
  const end = characterEnd(bytes, bytesMax);
  const text = textOf(bytes.subarray(0, end));
  if (text === undefined) return renderEncoded(bytes, "base64", bytesMax);
  return `${NEEDS_QUOTES.test(text) ? quoted(text) : text}${cutMark(bytes.length - end)}`;
}

const NEEDS_QUOTES = /^$|^b64:|^hex:|[\s"\\\p{Bidi_Control}]/u;

function quoted(text: string): string {
  return `"${safeLine(text.replace(/["\\]/g, "\\$&"))}"`;
}

function renderEncoded(bytes: Uint8Array, form: "base64" | "hex", bytesMax: number): string {
  const shown = bytes.subarray(0, bytesMax);
  const prefix = form === "hex" ? "hex:" : "b64:";
  return `${prefix}${encodeBytes(shown, form)}${cutMark(bytes.length - shown.length)}`;
}

export function encodeBytes(bytes: Uint8Array, form: "base64" | "hex"): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(form);
}

/** Says that a value goes on; has a space, which unquoted text has not, so it is never taken for the value's end. */
export function cutMark(bytesLeftOut: number): string {
  return bytesLeftOut === 0 ? "" : `...(+${bytesLeftOut} bytes)`;
}

/** The last end of a whole UTF-8 character within `bytesMax`. */
function characterEnd(bytes: Uint8Array, bytesMax: number): number {
  if (bytes.length <= bytesMax) return bytes.length;
  let end = bytesMax;
  while (end > bytesMax - UTF8_BYTES_MAX && end > 0 && isContinuation(bytes[end]!)) end--;
  return end;
}

const UTF8_BYTES_MAX = 4;

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
