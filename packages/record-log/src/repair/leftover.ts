import { type Steps, useFile } from "@datawal/safeatomic/internal";
import { CHUNK_BYTES, type FileRange, isZero, readExactly, readRange } from "../store/file-range.js";
import type { Store } from "../store/store.js";
import type { JournaledTail } from "./foreign-frames.js";
import { type KeptPart, keptParts } from "./kept-tail.js";

/** What a file of a repair keeps of a segment: the place of its bytes there, and in the file. */
type Kept = Pick<KeptPart, "path" | "offset" | "byteCount" | "contentOffset">;

/**
 * Whether bytes of a segment's end are what an interrupted repair and a power cut leave there: each stands at the same
 * place in the journal or in a quarantine file, or was lost and reads as zero. Then nothing is lost by cutting them.
 *
 * @param rest of the tail's segment.
 * @param quarantines Names of quarantine files, of whatever segment.
 */
export function* isLeftover(
  store: Store,
  segment: number,
  { journal, segment: { offset } }: JournaledTail,
  rest: FileRange,
  quarantines: readonly string[],
): Steps<boolean> {
  const parts = keptParts(store, quarantines).filter((part) => part.segment === segment);
  const kept: Kept[] = [{ ...journal, offset, contentOffset: journal.offset }, ...parts];
  const buffer = new Uint8Array(Math.min(CHUNK_BYTES, rest.byteCount));
  let place = rest.offset;
  let isSo = true;
  yield* readRange(rest, (chunk) => {
    for (const each of kept) clearWhereEqual(store, chunk, place, each, buffer);
    isSo = isZero(chunk);
    place += chunk.length;
    return isSo;
  });
  return isSo;
}

/** @param place of the chunk in the segment. */
function clearWhereEqual(
  { fileSystem }: Store,
  chunk: Uint8Array,
  place: number,
  { path, offset, byteCount, contentOffset }: Kept,
  buffer: Uint8Array,
): void {
  const start = Math.max(place, offset);
  const end = Math.min(place + chunk.length, offset + byteCount);
  if (start >= end) return;
  // Opened each time: there may be more of them than files that can be open at once.
  useFile(fileSystem, path, "read", (file) =>
    readExactly(file, path, buffer, 0, end - start, contentOffset + start - offset),
  );
  for (let at = start; at < end; at++) if (chunk[at - place] === buffer[at - start]) chunk[at - place] = 0;
}
