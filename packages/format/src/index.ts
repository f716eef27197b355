export type { Bytes, BytesLike } from "./bytes.js";
export { type Crc32c, type CrcMemory, crc32c } from "./crc32c.js";
export {
  type Decoded,
  type DecodedCrcMismatch,
  type DecodedInvalid,
  type DecodedRecord,
  type DecodedTruncated,
  decodeNext,
} from "./decode-next.js";
export { type ByteSource, decodeStream, type WebByteStream } from "./decode-stream.js";
export {
  type EncodableHeader,
  type EncodableRecord,
  encodeHeaderInto,
  encodeRecord,
  encodeRecordInto,
} from "./encode-record.js";
export {
  FormatError,
  type FormatErrorCode,
  type FormatErrorFacts,
  type FormatErrorOf,
  isFormatError,
} from "./format-error.js";
export { FrameCursor, type FrameOutcome } from "./frame-cursor.js";
export { FrameDecoder, type FrameDecoderOptions } from "./frame-decoder.js";
export { decodeGroupHead, GROUP_BYTES_MAX, GROUP_VERSION, type GroupHead } from "./group-head.js";
export { describeInvalid, type InvalidReason } from "./invalid-reason.js";
export {
  CRC_LEN,
  HEADER_LEN,
  MAGIC,
  MAX_KEY_LEN,
  MAX_PAYLOAD_LEN,
  recordWireSize,
  WIRE_VERSION,
} from "./layout.js";
export { RecordType, recordTypeName } from "./record-type.js";
export { type Resynced, type ResyncOptions, resync } from "./resync.js";
