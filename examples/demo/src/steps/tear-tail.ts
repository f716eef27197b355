import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { encodeRecord, RecordType } from "@datawal/format";
import { RecordLogReader, segmentName } from "@datawal/record-log";
import type { Input } from "../input/input.js";
import { operationsOf } from "../input/source.js";
import { Problem } from "../problem.js";
import { counted, type Story } from "../story.js";

/**
 * Writes the first half of a frame behind the log. A killed process leaves none, since the kernel has each of its
 * writes whole; a power cut does.
 */
export async function tearTail(store: string, { source }: Input, story: Story): Promise<void> {
  const frame = await nextFrame(store, source);
  const half = frame.subarray(0, Math.ceil(frame.length / 2));
  const segment = segmentName(lastSegment(store));
  appendFileSync(join(store, segment), half);
  story.say(
    `A kill alone leaves whole records: the kernel has what was written. A power cut can leave less. So we write half a frame behind the log ourselves: ${counted(half.length, "byte")} of ${frame.length}, at the end of ${segment}.`,
  );
}

async function nextFrame(store: string, source: Input["source"]): Promise<Uint8Array> {
  using reader = RecordLogReader.openSync(store);
  const txid = reader.recoveryReport().lastTxidSeen + 1n;
  for await (const { key, value } of operationsOf(source)) {
    return encodeRecord({ type: RecordType.Put, txid, key, payload: value });
  }
  throw new Problem("the input has become empty");
}

function lastSegment(store: string): number {
  using reader = RecordLogReader.openSync(store);
  return reader.segments.at(-1)!;
}
