export { type Bytes, type BytesLike, bytesOf, NO_BYTES, toBytes } from "./bytes.js";
export { copyFrameInto } from "./copy-frame.js";
export { type Crc32c, type CrcMemory, crc32c, crcOfRange, ordinaryMemory, takeCrcMemory } from "./crc32c.js";
export { crc32cOfRange, slicingTables } from "./crc32c-of-range.js";
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
  type CheckedRecord,
  checkRecordLimits,
  type EncodableHeader,
  type EncodableRecord,
  encodeCheckedInto,
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
export { checkRecordType, RecordType, recordTypeName } from "./record-type.js";
export { type Resynced, type ResyncOptions, resync } from "./resync.js";
