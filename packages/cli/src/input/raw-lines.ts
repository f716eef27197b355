import { MAX_PAYLOAD_LEN } from "@datawal/format";
import type { RecordLog } from "@datawal/record-log";
import { Failure } from "../failure.js";
import { withoutByteOrderMark } from "./byte-order-mark.js";
import type { Input } from "./input.js";
import { LineReader } from "./lines.js";

/**
 * Appends each line of an input as a Raw record, chunk by chunk; a byte order mark in front of the first is none's.
 *
 * @returns How many there were.
 * @throws Failure: a line is too long, named by its number; those before it are in the log
 */
export async function appendLines(log: RecordLog, { name, chunks, watch }: Input): Promise<number> {
  const lines = new LineReader(MAX_PAYLOAD_LEN);
  let bytesDone = 0;
  for await (const chunk of withoutByteOrderMark(chunks)) {
    log.appendMany(lines.push(chunk));
    if (lines.isTooLong) throw lineTooLong(name, lines.count);
    bytesDone += chunk.length;
    watch.signal.throwIfAborted();
    await watch.onProgress({ bytesDone, bytesTotal: bytesDone });
  }
  log.appendMany(lines.end());
  return lines.count;
}

function lineTooLong(name: string, linesBefore: number): Failure {
  return new Failure(
    `${name}: line ${linesBefore + 1}: expected at most ${MAX_PAYLOAD_LEN} bytes, found more; the ${linesBefore} lines before it were imported: cut it in two, and import the rest`,
  );
}
