import { runSync, type Steps } from "@datawal/safeatomic/internal";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { expect, test } from "vitest";
import { ChunkWriter } from "../src/chunk-writer.js";
import { bytesOf } from "./kit/disk-tree.js";

/** Writes parts of these lengths, each filled with its number; returns the file and the progress told. */
function write(...byteCounts: number[]) {
  const disk = createSimulatedDisk();
  const file = disk.open("/file", "create");
  const bytesTotal = byteCounts.reduce((sum, byteCount) => sum + byteCount, 0);
  const progress: number[] = [];
  function* steps(): Steps<number> {
    const writer = new ChunkWriter(file, bytesTotal);
    for (const [index, byteCount] of byteCounts.entries()) {
      if (!writer.hasRoomFor(byteCount)) yield* writer.makeRoom(byteCount);
      const offset = writer.reserve(byteCount);
      writer.chunk.fill(index, offset, offset + byteCount);
    }
    return yield* writer.finish();
  }
  const bytesWritten = runSync(steps(), { onProgress: ({ bytesDone }) => progress.push(bytesDone) });
  return { content: bytesOf(disk, "/file"), bytesWritten, bytesTotal, progress };
}

test.each([
  [[]],
  [[0]],
  [[3, 0, 5]],
  [[200_000, 100_000, 7]],
  [[1, 3_000_000, 1]],
  [Array.from({ length: 70 }, () => 5000)],
])("what was put in comes out in order: %j", (byteCounts) => {
  const { content, bytesWritten, bytesTotal } = write(...byteCounts);
  const expected = Buffer.concat(byteCounts.map((byteCount, index) => Buffer.alloc(byteCount, index)));
  expect(bytesWritten).toBe(bytesTotal);
  expect(expected.equals(content)).toBe(true);
});

test("tells its progress after at most 64 KiB, also within one large part", () => {
  const { progress, bytesTotal } = write(10, 5_000_000, 10);
  const pieces = progress.map((bytesDone, index) => bytesDone - (progress[index - 1] ?? 0));
  expect(Math.max(...pieces)).toBeLessThanOrEqual(1 << 16);
  expect(progress.at(-1)).toBe(bytesTotal);
});
