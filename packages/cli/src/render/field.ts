import type { BytesForm } from "../arguments/bytes-form.js";
import { ByteBuffer, literal } from "../output/byte-buffer.js";
import { writeBase64, writeHex } from "./base-encoding.js";
import { textOf } from "./bytes.js";
import { writeDecimal } from "./decimal.js";
import { safeLine } from "./terminal-safe.js";

/**
 * Writes a key or payload as one field of a line.
 *
 * Text is quoted where it would not read as one word, or as the `b64:` or `hex:` of another field; bytes that are no
 * text are base64.
 *
 * @param bytesMax How many bytes are shown; a visible mark says how many more there are.
 */
export function writeField(
  buffer: ByteBuffer,
  field: Uint8Array,
  form: Exclude<BytesForm, "raw">,
  bytesMax: number,
): void {
  if (form === "auto") writeAuto(buffer, field, bytesMax);
  else writeEncoded(buffer, field, form, bytesMax);
}

function writeAuto(buffer: ByteBuffer, field: Uint8Array, bytesMax: number): void {
  const end = characterEnd(field, bytesMax);
  const classes = writeQuotedAscii(buffer, field, end);
  if (classes & NO_TEXT) writeEncoded(buffer, field, "base64", bytesMax);
  else if (classes & NOT_ASCII) writeText(buffer, field, end, bytesMax);
  else writeCutMark(buffer, field.length - end);
}

/** As {@link writeField}, as a text. */
export function fieldText(field: Uint8Array, form: Exclude<BytesForm, "raw">, bytesMax: number): string {
  const buffer = new ByteBuffer();
  writeField(buffer, field, form, bytesMax);
  return buffer.bytes.toString("utf8", 0, buffer.length);
}

/** What the bytes of a field ask for. */
const NEEDS_QUOTES = 1;
const NEEDS_ESCAPE = 2;
const NO_TEXT = 4;
const NOT_ASCII = 8;

const CLASSES = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x80) return NOT_ASCII;
  if ('\t\n\r"\\'.includes(String.fromCharCode(byte))) return NEEDS_ESCAPE;
  if (byte < 0x20 || byte === 0x7f) return NO_TEXT;
  return byte === 0x20 ? NEEDS_QUOTES : 0;
});

/**
 * Writes the first `end` bytes of a field, in quotes where it needs them; nothing where a byte is in the way.
 *
 * @returns The classes of its bytes, up to one that is in no text.
 */
function writeQuotedAscii(buffer: ByteBuffer, field: Uint8Array, end: number): number {
  buffer.reserve(2 * end + 2);
  const { bytes, length } = buffer;
  const classOf = CLASSES;
  let classes = 0;
  let at = length + 1;
  for (let i = 0; i < end; i++) {
    const byte = field[i]!;
    const byteClass = classOf[byte]!;
    if (byteClass >= NO_TEXT) return byteClass | classesIn(field, i + 1, end);
    classes |= byteClass;
    if (byteClass === NEEDS_ESCAPE) {
      bytes[at++] = BACKSLASH;
      bytes[at++] = ESCAPE_LETTERS[byte] ?? byte;
    } else bytes[at++] = byte;
  }
  if (classes === 0 && end > 0 && !looksEncoded(field)) writePlain(buffer, field, end);
  else {
    bytes[length] = QUOTE;
    bytes[at] = QUOTE;
    buffer.length = at + 1;
  }
  return classes;
}

/** Of the bytes in a part of a field, up to one that is in no text. */
function classesIn(field: Uint8Array, start: number, end: number): number {
  const classOf = CLASSES;
  let classes = 0;
  for (let i = start; i < end && !(classes & NO_TEXT); i++) classes |= classOf[field[i]!]!;
  return classes;
}

function writePlain(buffer: ByteBuffer, field: Uint8Array, end: number): void {
  const { bytes, length } = buffer;
  for (let i = 0; i < end; i++) bytes[length + i] = field[i]!;
  buffer.length += end;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Tab, LF and CR are `\t`, `\n` and `\r`; a quote and a backslash stand for themselves. */
const ESCAPE_LETTERS: Readonly<Record<number, number>> = { 9: 0x74, 10: 0x6e, 13: 0x72 };

function writeText(buffer: ByteBuffer, field: Uint8Array, end: number, bytesMax: number): void {
  const text = textOf(field.subarray(0, end));
  if (text === undefined) {
    writeEncoded(buffer, field, "base64", bytesMax);
    return;
  }
  const isQuoted = looksEncoded(field) || NOT_ONE_WORD.test(text);
  buffer.text(isQuoted ? `"${safeLine(text.replace(/["\\]/g, "\\$&"))}"` : text);
  writeCutMark(buffer, field.length - end);
}

const NOT_ONE_WORD = /[\s"\\\p{Bidi_Control}]/u;

/** `b64:` or `hex:`. */
function looksEncoded(field: Uint8Array): boolean {
  if (field[3] !== 0x3a) return false;
  const [first, second, third] = field;
  return (
    (first === 0x62 && second === 0x36 && third === 0x34) ||
    (first === 0x68 && second === 0x65 && third === 0x78)
  );
}

function writeEncoded(buffer: ByteBuffer, field: Uint8Array, form: "base64" | "hex", bytesMax: number): void {
  const end = Math.min(field.length, bytesMax);
  buffer.literal(PREFIXES[form]);
  if (form === "hex") writeHex(buffer, field, end);
  else writeBase64(buffer, field, end);
  writeCutMark(buffer, field.length - end);
}

const PREFIXES = { base64: literal("b64:"), hex: literal("hex:") };

/** Says that a value goes on; has a space, which unquoted text has not, so it is never taken for the value's end. */
export function writeCutMark(buffer: ByteBuffer, bytesLeftOut: number): void {
  if (bytesLeftOut === 0) return;
  buffer.literal(CUT);
  writeDecimal(buffer, bytesLeftOut);
  buffer.literal(CUT_END);
}

const CUT = literal("...(+");
const CUT_END = literal(" bytes)");

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
