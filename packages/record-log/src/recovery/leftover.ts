import type { Crc32c } from "@datawal/format";
import type { FileSystem, OpenFile, Steps } from "@datawal/safeatomic";
import { type FileRange, isZero, readRange } from "../file-range.js";
import { CHUNK_BYTES, readExactly } from "../segment-reader.js";
import type { JournaledTail } from "./foreign-frames.js";
import { keptParts } from "./kept-tail.js";

/** What a file of a repair keeps of a segment. */
interface Kept {
  range: FileRange;
  /** Where the bytes stand, or stood, in the segment. */
  place: number;
}

/**
 * Whether bytes of a segment's end are what an interrupted repair and a power cut leave there: each stands at the same
 * place in the journal or in a quarantine file, or was lost and reads as zero. Then nothing is lost by cutting them.
 *
 * @param rest of the tail's segment.
 * @param quarantines Names of quarantine files, of whatever segment.
 */
export function* isLeftover(
  { fileSystem, directory, crc }: { fileSystem: FileSystem; directory: string; crc: Crc32c },
  segment: number,
  tail: JournaledTail,
  rest: FileRange,
  quarantines: readonly string[],
): Steps<boolean> {
  const kept: Kept[] = [{ range: tail.journal, place: tail.segment.offset }];
  const files: OpenFile[] = [];
  try {
    for (const part of keptParts(fileSystem, directory, quarantines, crc)) {
      if (part.segment !== segment) continue;
      const file = fileSystem.open(part.path, "read");
      files.push(file);
      const range = { file, path: part.path, offset: part.contentOffset, byteCount: part.byteCount };
      kept.push({ range, place: part.offset });
    }
    return yield* isCovered(rest, kept);
  } finally {
    for (const file of files) file.close();
  }
}

function* isCovered(rest: FileRange, kept: readonly Kept[]): Steps<boolean> {
  const buffer = new Uint8Array(Math.min(CHUNK_BYTES, rest.byteCount));
  let place = rest.offset;
  let isSo = true;
  yield* readRange(rest, (chunk) => {
    for (const each of kept) clearWhereEqual(chunk, place, each, buffer);
    isSo = isZero(chunk);
    place += chunk.length;
    return isSo;
  });
  return isSo;
}

/** @param place of the chunk in the segment. */
function clearWhereEqual(chunk: Uint8Array, place: number, kept: Kept, buffer: Uint8Array): void {
  const start = Math.max(place, kept.place);
  const end = Math.min(place + chunk.length, kept.place + kept.range.byteCount);
  if (start >= end) return;
  const { file, path, offset } = kept.range;
  readExactly(file, path, buffer, 0, end - start, offset + start - kept.place);
  for (let at = start; at < end; at++) if (chunk[at - place] === buffer[at - start]) chunk[at - place] = 0;
}
