import { TextDecoder, TextEncoder } from "node:util";
import type { Crc32c } from "@datawal/format";
import type { FrameMark } from "../inspect/frame-mark.js";

/**
 * The line that a quarantine file begins with: of which tail its bytes are, and behind which frame that stood
 * (docs/decisions/0011). A file without one was kept by an older version.
 */
export interface QuarantineHeader {
  segment: number;
  /** Where the tail that was cut began in the segment. */
  tailOffset: number;
  tailBytes: number;
  /** Where the bytes of this file stood in the segment. Those of the tail that no file has were zero. */
  offset: number;
  byteCount: number;
  /** The last frame before the tail; `undefined` where the log had none. */
  before: FrameMark | undefined;
}

/** Bytes of that line, its end included. */
export const QUARANTINE_HEADER_LEN = 160;

export function encodeQuarantineHeader(header: QuarantineHeader, crcOf: Crc32c): Uint8Array {
  const { segment, tailOffset, tailBytes, offset, byteCount, before } = header;
  const mark = before && `${before.segment} ${before.offset} ${before.txid} ${before.crc.toString(16)}`;
  const text = `cut 1 ${segment} ${tailOffset} ${tailBytes} ${offset} ${byteCount} ${mark ?? "- - - -"}`;
  const crc = crcOf(new TextEncoder().encode(text)) >>> 0;
  const line = `${text} ${crc.toString(16)}`.padEnd(QUARANTINE_HEADER_LEN - 1).concat("\n");
  return new TextEncoder().encode(line);
}

/** `undefined` where the bytes are no such line, or one of another version. */
export function decodeQuarantineHeader(line: Uint8Array, crcOf: Crc32c): QuarantineHeader | undefined {
  const match = /^cut 1 (\d+) (\d+) (\d+) (\d+) (\d+) (?:(\d+) (\d+) (\d+) ([0-9a-f]+)|- - - -) /.exec(
    new TextDecoder("latin1").decode(line),
  );
  if (!match) return undefined;
  const header: QuarantineHeader = {
    segment: Number(match[1]),
    tailOffset: Number(match[2]),
    tailBytes: Number(match[3]),
    offset: Number(match[4]),
    byteCount: Number(match[5]),
    before: match[6] === undefined ? undefined : markOf(match.slice(6)),
  };
  return Buffer.compare(line, encodeQuarantineHeader(header, crcOf)) === 0 ? header : undefined;
}

function markOf([segment, offset, txid, crc]: string[]): FrameMark {
  return {
    segment: Number(segment),
    offset: Number(offset),
    txid: BigInt(txid!),
    crc: Number.parseInt(crc!, 16),
  };
}
