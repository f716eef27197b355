import { inspect, TextDecoder } from "node:util";
import type { Bytes, BytesLike } from "@datawal/format";
import { nameOfType, notBytes, toBytes } from "@datawal/format/internal";
import { badOption } from "@datawal/record-log/internal";
import { ownOptions } from "@datawal/safeatomic/internal";
import { withCode } from "./data-wal-error.js";
import type { SchemaIssue, StandardSchema } from "./standard-schema.js";

/** Turns what a program works with into the bytes that a store keeps, and back. */
export interface Codec<In, Out = In> {
  /** Returns the value's bytes, or a string for its UTF-8. Equal keys must give equal bytes. */
  encode(value: In): BytesLike;
  /** @param bytes A copy, the codec's to keep. */
  decode(bytes: Bytes): Out;
}

/** What a codec that takes `In` gives back, where nothing else is said: `Bytes` for `BytesLike`, else the same. */
export type DecodedAs<In> = [In] extends [BytesLike] ? ([BytesLike] extends [In] ? Bytes : In) : In;

/** Bytes as they are: takes a `Uint8Array`, or a string for its UTF-8; gives a `Uint8Array`. */
export const bytes: Codec<BytesLike, Bytes> = {
  encode: (value) => value,
  decode: (stored) => stored,
};

/**
 * Text as UTF-8.
 *
 * `encode` throws a TypeError: ERR_DATAWAL_NOT_A_STRING; one with a lone surrogate is refused where it is stored.
 * `decode` throws a TypeError for bytes that are not UTF-8.
 */
export const utf8: Codec<string> = {
  encode(value) {
    if (typeof value === "string") return value;
    const mistake = new TypeError(`datawal: utf8 expected a string, got ${inspect(value, { depth: 0 })}`);
    throw withCode(mistake, "ERR_DATAWAL_NOT_A_STRING", { actual: value });
  },
  decode: (stored) => utf8Decoder.decode(stored),
};

/** Strict, and keeping a leading U+FEFF: what was stored comes back. */
const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Values as JSON that a schema allows: each is validated when it is stored, and when it is read. What is stored is the value
 * that was given; what is read is what the schema makes of it.
 *
 * @throws TypeError ERR_DATAWAL_BAD_OPTION: it is no schema
 *
 * `encode` throws a TypeError: as {@link json} without a schema, and ERR_DATAWAL_NOT_VALID, as `decode` does. The schema must
 * not validate asynchronously.
 */
export function json<In, Out>(schema: StandardSchema<In, Out>): Codec<In, Out>;
/**
 * Values as JSON: what `JSON.stringify` keeps of them comes back (no `undefined` members, dates as strings). As a key
 * codec mind that the order of an object's members counts.
 *
 * `encode` throws a TypeError: ERR_DATAWAL_NOT_JSON for what has no JSON (`undefined`, a function, a bigint, a cycle).
 * `decode` throws a SyntaxError or a TypeError for bytes that are not JSON in UTF-8.
 */
export function json<T>(): Codec<T>;
export function json<In, Out>(schema?: StandardSchema<In, Out>): Codec<In, Out> {
  if (schema !== undefined && typeof schema?.["~standard"]?.validate !== "function")
    throw badOption("schema", "a Standard Schema (of zod, valibot, arktype, ...)", schema, TypeError);
  const validated = (value: unknown) => (schema ? validate(schema, value) : (value as Out));
  return {
    encode(value) {
      validated(value);
      return stringify(value);
    },
    decode: (stored) => validated(JSON.parse(utf8Decoder.decode(stored))),
  };
}

function validate<Out>(schema: StandardSchema<unknown, Out>, value: unknown): Out {
  const result = schema["~standard"].validate(value);
  if ("then" in result) {
    // Refused whatever becomes of it: a rejection that nobody handles would end the process.
    result.then(undefined, () => {});
    throw notValid([{ message: "its schema validates asynchronously" }]);
  }
  if (result.issues) throw notValid(result.issues);
  return result.value;
}

function notValid(issues: readonly SchemaIssue[]): Error {
  const [first] = issues.map(({ message, path = [] }) => {
    const keys = path.map((step) => String(typeof step === "object" ? step.key : step));
    return keys.length === 0 ? message : `${keys.join(".")}: ${message}`;
  });
  const message = `datawal: json expected a value that its schema allows, found ${issues.length} issues, the first: ${first}`;
  return withCode(new TypeError(message), "ERR_DATAWAL_NOT_VALID", { issues });
}

function stringify(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw notJson(value, { cause });
  }
  if (text === undefined) throw notJson(value);
  return text;
}

function notJson(value: unknown, options?: ErrorOptions): Error {
  const message = `datawal: json expected a value that has a JSON form, got ${inspect(value, { depth: 0 })}`;
  return withCode(new TypeError(message, options), "ERR_DATAWAL_NOT_JSON", { actual: value });
}

/** The codecs of a handle's keys and values. */
export interface Codecs<KeyIn, ValueIn, KeyOut, ValueOut> {
  readonly key: Codec<KeyIn, KeyOut>;
  readonly value: Codec<ValueIn, ValueOut>;
}

/** @throws TypeError ERR_DATAWAL_NOT_A_CODEC */
export function checkCodecs<KeyIn, ValueIn, KeyOut, ValueOut>(options: {
  key?: Codec<KeyIn, KeyOut> | undefined;
  value?: Codec<ValueIn, ValueOut> | undefined;
}): Codecs<KeyIn, ValueIn, KeyOut, ValueOut> {
  const { key, value } = ownOptions(options);
  return { key: checkCodec("key", key), value: checkCodec("value", value) };
}

/** Without a codec the type parameters have their defaults, which are those of `bytes`. */
function checkCodec<In, Out>(
  name: string,
  codec: Codec<In, Out> = bytes as Codec<unknown, unknown> as Codec<In, Out>,
): Codec<In, Out> {
  if (typeof codec?.encode === "function" && typeof codec.decode === "function") return codec;
  const message = `datawal: "${name}" expected a codec, an object with encode and decode, got ${inspect(codec)}`;
  throw withCode(new TypeError(message), "ERR_DATAWAL_NOT_A_CODEC", { option: name, actual: codec });
}

/**
 * The bytes that a value is stored as.
 *
 * @param what `key` or `value`, for messages.
 * @throws TypeError ERR_DATAWAL_NOT_BYTES, ERR_DATAWAL_MALFORMED_STRING, and what the codec throws
 */
export function encodeWith<In>(codec: Codec<In, unknown>, value: In, what: "key" | "value"): Bytes {
  return toBytes(encoded(codec, value, what), what);
}

/** As {@link encodeWith}, not yet bytes where the codec gives a string. */
export function encoded<In>(codec: Codec<In, unknown>, value: In, what: "key" | "value"): BytesLike {
  const stored: unknown = codec.encode(value);
  if (typeof stored === "string" || ArrayBuffer.isView(stored)) return stored as BytesLike;
  const advice = `open the store with a codec for others: { ${what}: ${what === "key" ? "utf8" : "json()"} }`;
  throw notBytes(what, "a Uint8Array or a string", `${nameOfType(stored)}; ${advice}`);
}
