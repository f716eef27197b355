import type { Crc32c } from "@datawal/format";
import type { FileSystem, OpenFile } from "@datawal/safeatomic";
import { type Steps, useFile } from "@datawal/safeatomic/internal";
import { type FrameMark, markKey } from "../inspect/frame-mark.js";
import { type FileRange, rangesEqual, readBytes } from "../store/file-range.js";
import type { Store } from "../store/store.js";
import { parseStoreName } from "../store/store-names.js";
import { decodeQuarantineHeader, QUARANTINE_HEADER_LEN, type QuarantineHeader } from "./quarantine-header.js";

/** A quarantine file: where its bytes are in it, and where they stood in the segment. */
export interface KeptPart {
  path: string;
  segment: number;
  /** How many tails were cut at that place before. */
  attempt: number;
  /** In the segment. */
  offset: number;
  byteCount: number;
  /** In the file. */
  contentOffset: number;
  /** `undefined` where it has none, or one that its name or size belies. */
  header: QuarantineHeader | undefined;
}

/** @param names of quarantine files; those of others are passed over. */
export function keptParts(store: Store, names: readonly string[]): KeptPart[] {
  return names.flatMap((name) => {
    const parsed = parseStoreName(name);
    if (parsed.kind !== "quarantine") return [];
    const { segment, offset, attempt } = parsed;
    const path = store.file(name);
    return useFile(store.fileSystem, path, "read", (file): KeptPart => {
      const { size } = file.stat();
      const told = readHeader(file, path, size, store.crc);
      const byteCount = size - QUARANTINE_HEADER_LEN;
      const isSo = told?.segment === segment && told.offset === offset && told.byteCount === byteCount;
      const [header, contentOffset] = isSo ? [told, QUARANTINE_HEADER_LEN] : [undefined, 0];
      return { path, segment, attempt, offset, byteCount: size - contentOffset, contentOffset, header };
    });
  });
}

function readHeader(file: OpenFile, path: string, size: number, crc: Crc32c): QuarantineHeader | undefined {
  if (size < QUARANTINE_HEADER_LEN) return undefined;
  return decodeQuarantineHeader(readBytes(file, path, 0, QUARANTINE_HEADER_LEN), crc);
}

/**
 * A tail that a repair cut off, put together again from its parts: read at offsets that count from the start of the
 * segment, zero where no part has anything.
 */
export class KeptTail {
  readonly parts: readonly KeptPart[];
  readonly segment: number;
  readonly attempt: number;
  /** Where it began in the segment. */
  readonly offset: number;
  /** Up to its last byte that is not zero. */
  readonly byteCount: number;
  /** How many of its bytes the files have. */
  readonly heldBytes: number;
  /** Whether it is known of which tail it is. */
  readonly hasHeader: boolean;
  /** The frame that it stood behind; `undefined` where that is not known, or there was none. */
  readonly before: FrameMark | undefined;
  readonly range: FileRange;
  readonly #fileSystem: FileSystem;

  /** @param parts ascending, at least one. */
  private constructor(fileSystem: FileSystem, parts: readonly KeptPart[]) {
    const [first, last] = [parts[0]!, parts.at(-1)!];
    this.#fileSystem = fileSystem;
    this.parts = parts;
    this.segment = first.segment;
    this.attempt = first.attempt;
    this.offset = first.header?.tailOffset ?? first.offset;
    this.byteCount = last.offset + last.byteCount - this.offset;
    this.heldBytes = parts.reduce((sum, { byteCount }) => sum + byteCount, 0);
    this.hasHeader = first.header !== undefined;
    this.before = first.header?.before;
    this.range = { file: this, path: first.path, offset: this.offset, byteCount: this.byteCount };
  }

  /** Those that files are parts of, in the order in which they were cut. A file without a header is one by itself. */
  static fromFiles(store: Store, names: readonly string[]): KeptTail[] {
    const groups = new Map<string, KeptPart[]>();
    for (const part of keptParts(store, names).toSorted((a, b) => a.offset - b.offset)) {
      const key = part.header ? tailKey(part, part.header) : part.path;
      groups.set(key, [...(groups.get(key) ?? []), part]);
    }
    const tails = [...groups.values()].map((group) => new KeptTail(store.fileSystem, group));
    return tails.sort((a, b) => a.segment - b.segment || a.offset - b.offset || a.attempt - b.attempt);
  }

  /** Whether a range of the segment, or of another tail of it, has all bytes of the files at the same place. */
  *isPartOf(range: FileRange): Steps<boolean> {
    const end = range.offset + range.byteCount;
    for (const { offset, byteCount } of this.parts) {
      if (offset < range.offset || offset + byteCount > end) return false;
      const part = { ...this.range, offset, byteCount };
      if (!(yield* rangesEqual(part, { ...range, offset, byteCount }))) return false;
    }
    return true;
  }

  readAt(target: Uint8Array, targetOffset: number, byteCount: number, offset: number): number {
    const part = this.parts.find((each) => offset < each.offset + each.byteCount);
    if (!part) return 0;
    const zeros = Math.min(byteCount, part.offset - offset);
    if (zeros > 0) {
      target.fill(0, targetOffset, targetOffset + zeros);
      return zeros;
    }
    const at = offset - part.offset;
    const count = Math.min(byteCount, part.byteCount - at);
    // Opened each time: there may be more of them than files that can be open at once.
    return useFile(this.#fileSystem, part.path, "read", (file) =>
      file.readAt(target, targetOffset, count, part.contentOffset + at),
    );
  }

  /** Its bytes of a range, by the files that they are in. */
  filesOf(offset: number, byteCount: number): { path: string; offset: number; bytes: number }[] {
    return this.parts.flatMap((part) => {
      const start = Math.max(offset, part.offset);
      const bytes = Math.min(offset + byteCount, part.offset + part.byteCount) - start;
      return bytes > 0 ? { path: part.path, offset: part.contentOffset + start - part.offset, bytes } : [];
    });
  }
}

function tailKey(
  { attempt }: KeptPart,
  { segment, tailOffset, tailBytes, before }: QuarantineHeader,
): string {
  return `${segment} ${tailOffset} ${tailBytes} ${attempt} ${markKey(before)}`;
}
