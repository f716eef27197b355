/** What is told beside each code of this package. Offsets and lengths are in bytes. */
export interface FormatErrorFacts {
  // A caller's mistake: a TypeError or a RangeError.
  ERR_DATAWAL_NOT_BYTES: { what: string; actual: string };
  ERR_DATAWAL_MALFORMED_STRING: { what: string; index: number };
  ERR_DATAWAL_BAD_RECORD_TYPE: { actual: unknown };
  ERR_DATAWAL_BAD_TXID: { actual: unknown };
  ERR_DATAWAL_NOT_WHOLE_BYTES: { what: string; actual: unknown };
  ERR_DATAWAL_BAD_CODEC_OPTION: { option: string; actual: unknown };
  ERR_DATAWAL_NOT_A_BYTE_SOURCE: { actual: string };
  ERR_DATAWAL_KEY_TOO_LARGE: { actual: number; limit: number };
  ERR_DATAWAL_PAYLOAD_TOO_LARGE: { actual: number; limit: number };
  ERR_DATAWAL_TARGET_TOO_SMALL: { needed: number; available: number };
  // What a stream held: a FormatError. `offset` is where the frame begins in the stream.
  ERR_DATAWAL_BAD_MAGIC: { offset: number; actual: number };
  ERR_DATAWAL_UNKNOWN_VERSION: { offset: number; actual: number };
  ERR_DATAWAL_UNKNOWN_RECORD_TYPE: { offset: number; actual: number };
  ERR_DATAWAL_RESERVED_FLAGS: { offset: number; actual: number };
  ERR_DATAWAL_FRAME_KEY_TOO_LARGE: { offset: number; actual: number };
  ERR_DATAWAL_FRAME_PAYLOAD_TOO_LARGE: { offset: number; actual: number };
  ERR_DATAWAL_CRC_MISMATCH: { offset: number; stored: number; computed: number };
  ERR_DATAWAL_STREAM_TRUNCATED: { offset: number; available: number; needed: number };
}

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

// A record, so that the compiler asks for a line here when a code is added above.
const CODES: Record<FormatErrorCode, true> = {
  ERR_DATAWAL_NOT_BYTES: true,
  ERR_DATAWAL_MALFORMED_STRING: true,
  ERR_DATAWAL_BAD_RECORD_TYPE: true,
  ERR_DATAWAL_BAD_TXID: true,
  ERR_DATAWAL_NOT_WHOLE_BYTES: true,
  ERR_DATAWAL_BAD_CODEC_OPTION: true,
  ERR_DATAWAL_NOT_A_BYTE_SOURCE: true,
  ERR_DATAWAL_KEY_TOO_LARGE: true,
  ERR_DATAWAL_PAYLOAD_TOO_LARGE: true,
  ERR_DATAWAL_TARGET_TOO_SMALL: true,
  ERR_DATAWAL_BAD_MAGIC: true,
  ERR_DATAWAL_UNKNOWN_VERSION: true,
  ERR_DATAWAL_UNKNOWN_RECORD_TYPE: true,
  ERR_DATAWAL_RESERVED_FLAGS: true,
  ERR_DATAWAL_FRAME_KEY_TOO_LARGE: true,
  ERR_DATAWAL_FRAME_PAYLOAD_TOO_LARGE: true,
  ERR_DATAWAL_CRC_MISMATCH: true,
  ERR_DATAWAL_STREAM_TRUNCATED: true,
};

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
