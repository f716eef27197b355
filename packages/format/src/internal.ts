/**
 * For the other datawal packages alone, and without any promise: every release may change it or take it away.
 *
 * @packageDocumentation
 */

export { bytesOf, NO_BYTES, nameOfType, notBytes, toBytes } from "./bytes.js";
export { copyFrameInto, renumber } from "./copy-frame.js";
export { crcOfRange } from "./crc32c.js";
export { crc32cOfRange, slicingTables } from "./crc32c-of-range.js";
export { type CheckedRecord, checkRecordLimits, encodeCheckedInto } from "./encode-record.js";
export { encodeGroupHeadInto, GROUP_KEY, groupHeadWireSize, isGroupKey } from "./group-head.js";
export { readInt32 } from "./little-endian.js";
export { checkRecordType } from "./record-type.js";
