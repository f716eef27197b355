import type { FileSystem } from "@datawal/safeatomic";
import { appendFully, publishFile, type Steps, useFileSteps } from "@datawal/safeatomic/internal";
import type { FrameMark } from "../inspect/frame-mark.js";
import type { Damage } from "../inspect/inspection.js";
import { RecordLogError } from "../record-log-error.js";
import { copyRange, type FileRange, rangesEqual, readBytes } from "../store/file-range.js";
import type { Store } from "../store/store.js";
import { quarantineName, temporaryName } from "../store/store-names.js";
import { nonZeroRuns, type Run } from "./non-zero-runs.js";
import { encodeQuarantineHeader } from "./quarantine-header.js";

/** What a repair copies at most: far more than a segment of ours can hold, little to a disk. */
const KEPT_BYTES_MAX = 1024 ** 3;

/** A part of a tail, and what goes before it in its file. */
interface Part {
  header: Uint8Array;
  content: FileRange;
}

/** What was kept of a tail. */
export interface KeptBytes {
  /** The files, in the order of their bytes; none where the tail is all zero, which is not worth keeping. */
  paths: string[];
  byteCount: number;
}

/**
 * Keeps the bytes behind the valid prefix in files of their own, durably, before they are cut: one for each stretch of
 * bytes that are not zero. Files that an interrupted repair left with the same bytes are found again, not doubled.
 *
 * @param before The last frame of the log that the tail stands behind.
 * @throws RecordLogError ERR_DATAWAL_TAIL_TOO_LARGE
 */
export function* quarantineTail(
  store: Store,
  damage: Pick<Damage, "segment" | "path" | "offset" | "bytes">,
  before: FrameMark | undefined,
): Steps<KeptBytes> {
  const { segment, path, offset: tailOffset, bytes: tailBytes } = damage;
  return yield* useFileSteps(store.fileSystem, path, "read", function* (file) {
    const runs = yield* nonZeroRuns({ file, path, offset: tailOffset, byteCount: tailBytes });
    const byteCount = runs.reduce((sum, run) => sum + run.byteCount, 0);
    if (byteCount > KEPT_BYTES_MAX) throw tailTooLarge(path, byteCount);
    const parts = runs.map((run: Run): Part => {
      const header = encodeQuarantineHeader({ segment, tailOffset, tailBytes, before, ...run }, store.crc);
      return { header, content: { file, path, ...run } };
    });
    return { paths: yield* keepParts(store, segment, parts), byteCount };
  });
}

/** All parts of a tail get names of one number, that of the tail among those cut at one place. */
function* keepParts(store: Store, segment: number, parts: readonly Part[]): Steps<string[]> {
  const { fileSystem } = store;
  for (let attempt = 0; ; attempt++) {
    const named = parts.map((part) => {
      const name = quarantineName(segment, part.content.offset, attempt);
      return { ...part, path: store.file(name), temporaryPath: store.file(temporaryName(name)) };
    });
    const missing: typeof named = [];
    let isTaken = false;
    for (const part of named) {
      if (fileSystem.stat(part.path) === undefined) missing.push(part);
      else isTaken ||= !(yield* holdsPart(fileSystem, part.path, part));
    }
    if (isTaken) continue;
    for (const { path, temporaryPath, header, content } of missing) {
      yield* publishFile(fileSystem, { path, temporaryPath, ownsTemporary: true }, function* (kept) {
        appendFully(kept, header);
        yield* copyRange(content, kept);
      });
    }
    return named.map(({ path }) => path);
  }
}

function* holdsPart(fileSystem: FileSystem, path: string, { header, content }: Part): Steps<boolean> {
  const stat = fileSystem.stat(path);
  if (stat?.kind !== "file" || stat.size !== header.length + content.byteCount) return false;
  return yield* useFileSteps(fileSystem, path, "read", function* (file) {
    if (Buffer.compare(readBytes(file, path, 0, header.length), header) !== 0) return false;
    return yield* rangesEqual(content, { ...content, file, path, offset: header.length });
  });
}

function tailTooLarge(path: string, bytesNeeded: number): RecordLogError {
  const message = `${path}: expected at most ${KEPT_BYTES_MAX} bytes to keep before the tail is cut, found ${bytesNeeded}; nothing was changed and readers work: collect what the store holds with salvageTo`;
  const facts = { path, bytesNeeded, bytesMax: KEPT_BYTES_MAX };
  return new RecordLogError("ERR_DATAWAL_TAIL_TOO_LARGE", message, facts);
}
