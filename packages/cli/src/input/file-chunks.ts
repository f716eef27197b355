import { resolve } from "node:path";
import { nodeFileSystem } from "@datawal/safeatomic";
import { errnoOf } from "@datawal/safeatomic/internal";
import { Failure } from "../failure.js";

/** The word that names standard input or output where a file could stand. */
export const STANDARD_STREAM = "-";

const CHUNK_BYTES = 1 << 20;

export interface FileChunks {
  /** Each the reader's to keep. */
  chunks: Generator<Uint8Array, void, void>;
  bytesTotal: number;
}

/**
 * The bytes of a file; a link is followed. The file is tried at once: what cannot be read is told before anything is
 * done for its sake.
 *
 * @throws Failure
 */
export function fileChunks(path: string): FileChunks {
  try {
    const realPath = nodeFileSystem.realPath(resolve(path));
    const file = nodeFileSystem.open(realPath, "read");
    const { size } = file.stat();
    file.close();
    return { chunks: chunksOf(realPath), bytesTotal: size };
  } catch (error) {
    const errno = errnoOf(error) ?? "no file";
    throw new Failure(
      `${path}: expected a file that can be read, the file system said ${errno}; check the path, or use ${STANDARD_STREAM} to read from a pipe`,
      undefined,
      error,
    );
  }
}

function* chunksOf(path: string): Generator<Uint8Array, void, void> {
  const file = nodeFileSystem.open(path, "read");
  try {
    for (let offset = 0; ; ) {
      const chunk = new Uint8Array(CHUNK_BYTES);
      const byteCount = file.readAt(chunk, 0, CHUNK_BYTES, offset);
      if (byteCount === 0) return;
      yield chunk.subarray(0, byteCount);
      offset += byteCount;
    }
  } finally {
    file.close();
  }
}
