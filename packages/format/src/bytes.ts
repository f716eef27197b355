import { withCode } from "./format-error.js";

/** Bytes that are handed out: never a `Buffer`, never on shared memory. */
export type Bytes = ReturnType<Uint8Array["slice"]>;

/** Bytes that are taken in, for keys and payloads: a string means its UTF-8 and must be well-formed. */
export type BytesLike = Uint8Array | string;

export const NO_BYTES: Bytes = new Uint8Array(0);

// A global of browsers and of Node, but not of jest's jsdom: there it is taken from Node.
const utf8 = new (globalThis.TextEncoder ?? process.getBuiltinModule("node:util").TextEncoder)();

/**
 * Returns the bytes that a key or payload stands for, as they are at the call.
 *
 * Nothing of the caller's runs meanwhile, and no length of foreign memory is looked at twice: a subclass may have a
 * `length` of its own, another thread may grow the memory.
 *
 * @param value a string for its UTF-8, or bytes.
 * @param what the name of the value, for the message of an error.
 * @returns A plain `Uint8Array` of fixed length: fresh for a string, for few bytes and for those on a
 *   `SharedArrayBuffer`, else a view of the caller's own memory.
 * @throws {TypeError} ERR_DATAWAL_MALFORMED_STRING: a lone surrogate (UTF-8 has no bytes for one, and writing
 *   U+FFFD instead would make one key of two); ERR_DATAWAL_NOT_BYTES: neither a string nor a `Uint8Array`, or one
 *   whose memory is gone
 */
export function toBytes(value: BytesLike, what: string): Bytes {
  const bytes = bytesOf(value, what);
  return bytes.length > COPIED_LEN_MAX ? unshared(bytes) : (bytes as Bytes);
}

/** As {@link toBytes}, but a view where the memory is shared, too: for where it is copied before it is used. */
export function bytesOf(value: BytesLike, what: string): Uint8Array {
  if (typeof value === "string") return utf8Of(value, what);
  const length = checkedLength(value, what, "a Uint8Array or a string");
  return length > COPIED_LEN_MAX ? viewOfAll(value, length) : copyOfFew(value, length);
}

/** V8 keeps so few in its heap, and makes a buffer for them when a view needs one: that costs ten times the copy. */
const COPIED_LEN_MAX = 64;

function copyOfFew(bytes: Uint8Array, length: number): Bytes {
  if (length === 0) return NO_BYTES;
  const copy = new Uint8Array(length);
  for (let index = 0; index < length; index++) copy[index] = bytes[index]!;
  return copy;
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

/**
 * Returns a plain view of bytes whose length nothing changes any more.
 *
 * @throws {TypeError} as {@link checkedLength}
 */
export function fixedView(bytes: Uint8Array, what: string): Uint8Array {
  return viewOfAll(bytes, checkedLength(bytes, what));
}

function viewOfAll(bytes: Uint8Array, length: number): Uint8Array {
  return new Uint8Array(bufferOf.call(bytes), offsetOf.call(bytes), length);
}

/**
 * Returns how many bytes there are: by what the engine itself knows of them, in whatever realm they were made.
 *
 * @throws {TypeError} ERR_DATAWAL_NOT_BYTES: not a `Uint8Array`, or one whose memory was transferred or cut off
 */
export function checkedLength(value: Uint8Array, what: string, expected = "a Uint8Array"): number {
  if (tagOf.call(value) !== "Uint8Array") throw notBytes(what, expected, nameOfType(value));
  const length = lengthOf.call(value);
  if (length === 0 && value !== NO_BYTES && isGone(value))
    throw notBytes(what, expected, "bytes whose memory was transferred or cut off");
  return length;
}

/** Bytes whose memory is gone have length 0; only methods that check tell them from others. */
function isGone(bytes: Uint8Array): boolean {
  try {
    indexOf.call(bytes, 0);
    return false;
  } catch {
    return true;
  }
}

/** Returns a plain view as it is, or a copy of it where the memory is shared. */
export function unshared(view: Uint8Array): Bytes {
  return isUnshared(view.buffer) ? (view as Bytes) : new Uint8Array(view);
}

/** Returns a plain view of bytes [start, end), or a copy where the memory is shared. */
export function viewOf(bytes: Uint8Array, start: number, end: number): Bytes {
  return unshared(new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start));
}

export function notBytes(what: string, expected: string, actual: string): TypeError {
  const mistake = new TypeError(`${what} expected ${expected}, got ${actual}`);
  return withCode(mistake, "ERR_DATAWAL_NOT_BYTES", { what, actual });
}

/** Names what a wrong value is, for a message: its class, or its type. */
export function nameOfType(value: unknown): string {
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

const typedArray: object = Object.getPrototypeOf(Uint8Array.prototype);
const tagOf = getterOf<string | undefined>(typedArray, Symbol.toStringTag);
const lengthOf = getterOf<number>(typedArray, "length");
const offsetOf = getterOf<number>(typedArray, "byteOffset");
const bufferOf = getterOf<ArrayBufferLike>(typedArray, "buffer");
const byteLengthOf = getterOf<number>(ArrayBuffer.prototype, "byteLength");
const { indexOf } = Uint8Array.prototype;

function getterOf<T>(prototype: object, name: PropertyKey): (this: unknown) => T {
  return Object.getOwnPropertyDescriptor(prototype, name)!.get!;
}

/** That getter refuses shared memory, and memory of any other kind has it in every realm. */
function isUnshared(buffer: ArrayBufferLike): boolean {
  try {
    byteLengthOf.call(buffer);
    return true;
  } catch {
    return false;
  }
}

function malformedString(value: string, what: string): TypeError {
  const index = value.search(/\p{Surrogate}/u);
  const message = `${what} expected a well-formed string, got a lone surrogate at index ${index}; pass its bytes instead`;
  return withCode(new TypeError(message), "ERR_DATAWAL_MALFORMED_STRING", { what, index });
}
