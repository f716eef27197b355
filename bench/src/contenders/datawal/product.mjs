// The one place that says where the product is: what `pnpm build` has made of it.
export * from "../../../../packages/datawal/dist/index.js";
export { crc32c, encodeRecordInto, recordWireSize } from "../../../../packages/format/dist/index.js";
export { crc32cOfRange } from "../../../../packages/format/dist/internal.js";
export { hardwareCrc32c } from "../../../../packages/record-log/dist/internal.js";
export { nodeFileSystem } from "../../../../packages/safeatomic/dist/index.js";
