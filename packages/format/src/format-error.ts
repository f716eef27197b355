/** Stands beside a code, and says what its errors tell. */
interface Told<Facts> {
  readonly facts?: Facts;
}

/** What is told beside each code of this package. Offsets and lengths are in bytes. */
const CODES = {
  // A caller's mistake: a TypeError or a RangeError.
  ERR_DATAWAL_NOT_BYTES: {} as Told<{ what: string; actual: string }>,
  ERR_DATAWAL_MALFORMED_STRING: {} as Told<{ what: string; index: number }>,
  ERR_DATAWAL_BAD_RECORD_TYPE: {} as Told<{ actual: unknown }>,
  ERR_DATAWAL_BAD_TXID: {} as Told<{ actual: unknown }>,
  ERR_DATAWAL_NOT_WHOLE_BYTES: {} as Told<{ what: string; actual: unknown }>,
  ERR_DATAWAL_BAD_CODEC_OPTION: {} as Told<{ option: string; actual: unknown }>,
  ERR_DATAWAL_NOT_A_BYTE_SOURCE: {} as Told<{ actual: string }>,
  ERR_DATAWAL_KEY_TOO_LARGE: {} as Told<{ actual: number; limit: number }>,
  ERR_DATAWAL_PAYLOAD_TOO_LARGE: {} as Told<{ actual: number; limit: number }>,
  ERR_DATAWAL_TARGET_TOO_SMALL: {} as Told<{ needed: number; available: number }>,
  // What a stream held: a FormatError. `offset` is where the frame begins in the stream.
  ERR_DATAWAL_BAD_MAGIC: {} as Told<{ offset: number; actual: number }>,
  ERR_DATAWAL_UNKNOWN_VERSION: {} as Told<{ offset: number; actual: number }>,
  ERR_DATAWAL_UNKNOWN_RECORD_TYPE: {} as Told<{ offset: number; actual: number }>,
  ERR_DATAWAL_RESERVED_FLAGS: {} as Told<{ offset: number; actual: number }>,
  ERR_DATAWAL_FRAME_KEY_TOO_LARGE: {} as Told<{ offset: number; actual: number }>,
  ERR_DATAWAL_FRAME_PAYLOAD_TOO_LARGE: {} as Told<{ offset: number; actual: number }>,
  ERR_DATAWAL_CRC_MISMATCH: {} as Told<{ offset: number; stored: number; computed: number }>,
  ERR_DATAWAL_STREAM_TRUNCATED: {} as Told<{ offset: number; available: number; needed: number }>,
};

export type FormatErrorFacts = {
  [Code in keyof typeof CODES]: (typeof CODES)[Code] extends Told<infer Facts> ? Facts : never;
};

export type FormatErrorCode = keyof FormatErrorFacts;

/** An error of this package with its code and the facts of that code as fields. */
export type FormatErrorOf<C extends FormatErrorCode> = C extends FormatErrorCode
  ? Error & { readonly code: C } & Readonly<FormatErrorFacts[C]>
  : never;

/** What {@link decodeStream} throws for a stream that is not a sequence of whole, valid frames. */
export class FormatError<C extends FormatErrorCode = FormatErrorCode> extends Error {
  override readonly name = "FormatError";
  readonly code: C;

  constructor(code: C, message: string, facts: FormatErrorFacts[C]) {
    super(message);
    this.code = code;
    Object.assign(this, facts);
  }
}

/** Gives a caller's mistake its code and facts. */
export function withCode<C extends FormatErrorCode>(
  mistake: TypeError | RangeError,
  code: C,
  facts: FormatErrorFacts[C],
): FormatErrorOf<C> {
  return Object.assign(mistake, { code }, facts) as Error as FormatErrorOf<C>;
}

/**
 * Tells whether an error is one of this package, by its code: two copies of the package agree, which
 * `instanceof` would not. A caller's mistake counts too.
 *
 * @param code when given, only this code counts, and the type narrows to its facts.
 */
export function isFormatError<C extends FormatErrorCode = FormatErrorCode>(
  error: unknown,
  code?: C,
): error is FormatErrorOf<C> {
  if (!(typeof error === "object" && error !== null && "code" in error)) return false;
  return code === undefined ? Object.hasOwn(CODES, String(error.code)) : error.code === code;
}
