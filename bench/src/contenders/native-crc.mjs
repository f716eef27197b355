import { createRequire } from "node:module";

/** The hardware's CRC, as record-log loads it. */
export function loadCrc() {
  const require = createRequire(new URL("../../../packages/record-log/package.json", import.meta.url));
  return require("@node-rs/crc32").crc32c;
}
