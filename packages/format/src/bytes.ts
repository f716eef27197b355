import { withCode } from "./format-error.js";

/** Bytes that are handed out: never a `Buffer`, never on shared memory. */
export type Bytes = ReturnType<Uint8Array["slice"]>;

/** Bytes that are taken in, for keys and payloads: a string means its UTF-8 and must be well-formed. */
export type BytesLike = Uint8Array | string;

export const NO_BYTES: Bytes = new Uint8Array(0);

const utf8 = new TextEncoder();

/**
 * Returns the bytes that a key or payload stands for.
 *
 * @param value a string for its UTF-8, or bytes.
 * @param what the name of the value, for the message of an error.
 * @returns A plain `Uint8Array`: fresh for a string, a copy of bytes on a `SharedArrayBuffer`, else the
 *   caller's own memory (a view of it where a `Buffer` came in).
 * @throws {TypeError} ERR_DATAWAL_MALFORMED_STRING: a lone surrogate (UTF-8 has no bytes for one, and writing
 *   U+FFFD instead would make one key of two); ERR_DATAWAL_NOT_BYTES: neither a string nor a `Uint8Array`
 */
export function toBytes(value: BytesLike, what: string): Bytes {
  return typeof value === "string" ? utf8Of(value, what) : plainBytes(bytesOf(value, what));
}

/** As {@link toBytes}, but bytes pass as they are, shared or not: for where they are copied before they are used. */
export function bytesOf(value: BytesLike, what: string): Uint8Array {
  if (typeof value === "string") return utf8Of(value, what);
  checkUint8Array(value, what, "a Uint8Array or a string");
  return value;
}

function utf8Of(text: string, what: string): Bytes {
  const ascii = text.length <= SHORT_LEN_MAX ? asciiOf(text) : undefined;
  if (ascii) return ascii;
  if (!text.isWellFormed()) throw malformedString(text, what);
  return utf8.encode(text);
}

/** Up to this length a loop over characters is quicker than a call of the encoder (bench: put, "keys as strings"). */
const SHORT_LEN_MAX = 64;

/** The bytes of a text in ASCII; `undefined` for another one. */
function asciiOf(text: string): Bytes | undefined {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) return undefined;
    bytes[index] = unit;
  }
  return bytes;
}

/** Returns bytes as a plain `Uint8Array`: themselves, a view where they are a `Buffer`, a copy where they are shared. */
export function plainBytes(bytes: Uint8Array): Bytes {
  const isPlain = isUnshared(bytes.buffer) && Object.getPrototypeOf(bytes) === Uint8Array.prototype;
  return isPlain ? (bytes as Bytes) : viewOf(bytes, 0, bytes.length);
}

/** Returns a plain view of bytes [start, end), or a copy where the memory is shared. */
export function viewOf(bytes: Uint8Array, start: number, end: number): Bytes {
  const { buffer } = bytes;
  if (isUnshared(buffer)) return new Uint8Array(buffer, bytes.byteOffset + start, end - start);
  return new Uint8Array(bytes.subarray(start, end));
}

/** @throws {TypeError} ERR_DATAWAL_NOT_BYTES */
export function checkUint8Array(
  value: unknown,
  what: string,
  expected = "a Uint8Array",
): asserts value is Uint8Array {
  if (isUint8Array(value)) return;
  const actual = nameOfType(value);
  const mistake = new TypeError(`${what} expected ${expected}, got ${actual}`);
  throw withCode(mistake, "ERR_DATAWAL_NOT_BYTES", { what, actual });
}

/** Names what a wrong value is, for a message: its class, or its type. */
export function nameOfType(value: unknown): string {
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

// Tags, and not instanceof: bytes may come from another realm (a vm context, an iframe, a test's DOM).
function isUint8Array(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && (value as Uint8Array)[Symbol.toStringTag] === "Uint8Array";
}

function isUnshared(buffer: ArrayBufferLike): buffer is ArrayBuffer {
  return buffer[Symbol.toStringTag] !== "SharedArrayBuffer";
}

function malformedString(value: string, what: string): TypeError {
  const index = value.search(/\p{Surrogate}/u);
  const message = `${what} expected a well-formed string, got a lone surrogate at index ${index}; pass its bytes instead`;
  return withCode(new TypeError(message), "ERR_DATAWAL_MALFORMED_STRING", { what, index });
}
